-- Columns of tables and indexes, with a mark that changes when their statistics do. Needs to be superuser.
SELECT a.attrelid::bigint AS relation,
       a.attnum::int AS number,
       a.attname::text AS name,
       a.atttypid::bigint AS type,
       a.atttypmod AS modifier,
       a.attcollation::bigint AS collation,
       a.attlen::int AS length,
       a.attalign::text AS alignment,
       format_type(a.atttypid, a.atttypmod) AS type_name,
       quote_ident(ln.nspname) || '.' || quote_ident(l.collname) AS collation_name,
       x.indrelid::bigint AS table,
       CASE WHEN x.indkey[a.attnum - 1] = 0 THEN pg_get_indexdef(c.oid, a.attnum, false) END AS expression,
       s.versions
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_index AS x ON x.indexrelid = c.oid
LEFT JOIN pg_collation AS l ON l.oid = a.attcollation AND l.collname <> 'default'
LEFT JOIN pg_namespace AS ln ON ln.oid = l.collnamespace
LEFT JOIN (
    SELECT starelid, staattnum, json_object_agg(stainherit, xmin::text) AS versions
    FROM pg_statistic
    GROUP BY starelid, staattnum
) AS s ON s.starelid = a.attrelid AND s.staattnum = a.attnum
WHERE a.attnum > 0
  AND NOT a.attisdropped
  AND c.relkind IN ('r', 'p', 'm', 'f', 'i', 'I')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY a.attrelid, a.attnum;
