-- Sizes of tables and their indexes as they lie on disk, in bytes. Needs no privilege; waits for an ACCESS EXCLUSIVE
-- lock that another session may hold.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       pg_relation_size(c.oid) AS bytes
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'i')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT pg_is_other_temp_schema(n.oid)
ORDER BY n.nspname, c.relname;
