-- B-trees that can be built anew without blocking, by size. Those of exclusion constraints cannot. Needs no privilege.
SELECT x.indexrelid::bigint AS oid,
       n.nspname::text AS schema,
       i.relname::text AS name,
       tn.nspname::text AS table_schema,
       t.relname::text AS table_name,
       i.reltuples::float8 AS rows,
       i.relpages AS blocks
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid AND i.relkind = 'i'
JOIN pg_namespace AS n ON n.oid = i.relnamespace
JOIN pg_am AS am ON am.oid = i.relam AND am.amname = 'btree'
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
WHERE x.indisvalid
  AND NOT x.indisexclusion
  AND tn.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT pg_is_other_temp_schema(tn.oid)
ORDER BY tn.nspname, t.relname, i.relname;
