-- The tables that hold the rows of a table: itself, or the leaf partitions below it. Needs no privilege.
SELECT n.nspname::text AS schema,
       c.relname::text AS name
FROM pg_class AS t
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
CROSS JOIN LATERAL (
    SELECT p.relid FROM pg_partition_tree(t.oid) AS p WHERE p.isleaf
    UNION
    SELECT t.oid WHERE t.relkind <> 'p'
) AS leaf
JOIN pg_class AS c ON c.oid = leaf.relid AND c.relkind IN ('r', 'm')
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE tn.nspname = %(schema)s
  AND t.relname = %(name)s
ORDER BY n.nspname, c.relname;
