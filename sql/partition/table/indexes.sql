-- The indexes of a table: what follows ON <table> in their definitions, and which constraint they serve. `columns` are
-- the plain key columns, `keys` the number of all. Needs no privilege.
SELECT i.relname::text AS name,
       substr(
           pg_get_indexdef(x.indexrelid),
           position(' USING ' IN substr(pg_get_indexdef(x.indexrelid), length(h.head))) + length(h.head)
       ) AS definition,
       x.indisunique AS is_unique,
       x.indisprimary AS is_primary,
       x.indisvalid AND x.indisready AS is_valid,
       x.indisreplident AS is_replica_identity,
       x.indimmediate AS is_immediate,
       x.indpred IS NOT NULL OR x.indexprs IS NOT NULL AS is_special,
       k.conname::text AS "constraint",
       k.contype::text AS constraint_type,
       ts.spcname::text AS tablespace,
       obj_description(i.oid, 'pg_class') AS comment,
       (
           SELECT coalesce(array_agg(a.attname::text ORDER BY u.number), '{}')
           FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS u (attnum, number)
           JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = u.attnum
           WHERE u.number <= x.indnkeyatts
       ) AS columns,
       (
           SELECT bool_and(a.attnotnull)
           FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS u (attnum, number)
           JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = u.attnum
           WHERE u.number <= x.indnkeyatts
       ) AS not_null
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_class AS c ON c.oid = x.indrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_constraint AS k ON k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_tablespace AS ts ON ts.oid = i.reltablespace
CROSS JOIN LATERAL (
    SELECT 'CREATE ' || CASE WHEN x.indisunique THEN 'UNIQUE ' ELSE '' END || 'INDEX ' || quote_ident(i.relname)
           || ' ON ' || CASE WHEN c.relkind = 'p' THEN 'ONLY ' ELSE '' END
           || quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS head
) AS h
WHERE x.indrelid = %(oid)s
ORDER BY x.indisprimary DESC, i.relname;
