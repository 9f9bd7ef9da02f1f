-- Constants in the CHECK constraints and partition bounds of tables and of those below them: values that rows may need.
-- Needs no privilege.
SELECT n.nspname::text AS schema, c.relname::text AS name, found.definition
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT pg_get_constraintdef(con.oid) AS definition
    FROM pg_constraint AS con
    WHERE con.conrelid = c.oid AND con.contype = 'c'
    UNION ALL
    SELECT pg_get_expr(p.relpartbound, p.oid)
    FROM pg_partition_tree(CASE WHEN c.relkind = 'p' THEN c.oid END) AS t
    JOIN pg_class AS p ON p.oid = t.relid
    WHERE p.relpartbound IS NOT NULL
) AS found
WHERE c.relkind IN ('r', 'p')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY n.nspname, c.relname, found.definition;
