-- The tables that hold the rows of a table: itself, or the leaves of a partitioned one. Needs no privilege.
SELECT t.relid::oid::bigint AS oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind,
       pg_total_relation_size(c.oid) AS bytes,
       greatest(c.reltuples, 0)::bigint AS rows
FROM pg_partition_tree(%(oid)s::oid) AS t
JOIN pg_class AS c ON c.oid = t.relid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE t.isleaf
UNION ALL
SELECT c.oid::bigint, n.nspname::text, c.relname::text, c.relkind::text, pg_total_relation_size(c.oid),
       greatest(c.reltuples, 0)::bigint
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = %(oid)s::oid AND c.relkind <> 'p'
  AND NOT EXISTS (SELECT FROM pg_partition_tree(%(oid)s::oid))
ORDER BY schema, name;
