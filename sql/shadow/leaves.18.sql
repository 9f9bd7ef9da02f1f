-- The tables with files that a table consists of: itself, or a partitioned table's leaves. Needs no privilege.
SELECT c.oid::bigint AS oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       pg_relation_filepath(c.oid) AS path
FROM (
    SELECT relid FROM pg_partition_tree(%(table)s::regclass) WHERE isleaf
    UNION
    SELECT %(table)s::regclass
) AS leaf
JOIN pg_class AS c ON c.oid = leaf.relid AND c.relkind IN ('r', 'm')
JOIN pg_namespace AS n ON n.oid = c.relnamespace;
