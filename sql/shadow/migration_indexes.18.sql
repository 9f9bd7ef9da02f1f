-- What is needed to size these indexes: their tables, their files, and which rows they hold. Needs no privilege.
SELECT c.oid::bigint AS oid,
       x.indrelid::bigint AS table,
       n.nspname::text AS schema,
       t.relname::text AS table_name,
       c.relname::text AS name,
       t.reltuples::float8 AS table_rows,
       pg_relation_filepath(c.oid) AS path,
       pg_get_expr(x.indpred, x.indrelid) AS predicate
FROM pg_index AS x
JOIN pg_class AS c ON c.oid = x.indexrelid
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE x.indexrelid = ANY (%(indexes)s::bigint[]::oid[])
ORDER BY c.oid;
