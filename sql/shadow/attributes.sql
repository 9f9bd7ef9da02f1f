-- Type and collation of all that has statistics: columns, and expressions of indexes by their number. What an index
-- stores may be of another type than its expression: then the operator class tells. Needs no privilege.
SELECT n.nspname::text AS schema,
       c.relname::text AS relation,
       a.attname::text AS name,
       a.attnum::int AS number,
       CASE WHEN o.opckeytype IS NULL OR o.opckeytype = 0 THEN a.atttypid
            WHEN o.opcintype = 'anyarray'::regtype THEN (SELECT typarray FROM pg_type WHERE oid = a.atttypid)
            ELSE o.opcintype
       END::bigint AS type,
       a.atttypmod AS typmod,
       cn.nspname::text AS collation_schema,
       co.collname::text AS collation
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_index AS x ON x.indexrelid = c.oid
LEFT JOIN pg_opclass AS o ON o.oid = (x.indclass::oid[])[a.attnum - 1]
LEFT JOIN pg_collation AS co ON co.oid = coalesce(nullif((x.indcollation::oid[])[a.attnum - 1], 0), a.attcollation)
LEFT JOIN pg_namespace AS cn ON cn.oid = co.collnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped
  AND c.relkind IN ('r', 'p', 'm', 'f', 'i', 'I')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND (x.indexrelid IS NULL OR x.indexprs IS NOT NULL AND a.attnum <= x.indnkeyatts);
