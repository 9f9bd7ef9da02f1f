-- Every partition and partition's index with the topmost one above it. No privilege is needed.
SELECT n.nspname AS schema, c.relname AS name, rn.nspname AS root_schema, r.relname AS root_name
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_class AS r ON r.oid = pg_partition_root(c.oid)
JOIN pg_namespace AS rn ON rn.oid = r.relnamespace
WHERE c.relispartition
ORDER BY n.nspname, c.relname
