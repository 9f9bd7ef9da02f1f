-- The tables that hold the rows of a table: itself, or its partitions down to the last, with the files they are in and
-- the blocks that these have now. Needs no privilege.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       c.oid::bigint AS oid,
       c.relkind::text AS kind,
       coalesce(pg_relation_filenode(c.oid), 0)::bigint AS filenode,
       CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) / current_setting('block_size')::bigint ELSE 0 END AS blocks
FROM pg_partition_tree(%(table)s::regclass) AS t
JOIN pg_class AS c ON c.oid = t.relid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE t.isleaf
UNION ALL
SELECT n.nspname::text, c.relname::text, c.oid::bigint, c.relkind::text,
       coalesce(pg_relation_filenode(c.oid), 0)::bigint,
       pg_relation_size(c.oid) / current_setting('block_size')::bigint
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = %(table)s::regclass AND c.relkind = 'r' AND NOT c.relispartition
ORDER BY 3;
