-- The queries of the views. Needs no privilege; waits for an ACCESS EXCLUSIVE lock that another session may hold on a
-- table below them.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       pg_get_viewdef(c.oid) AS definition
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'v'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT pg_is_other_temp_schema(n.oid)
ORDER BY n.nspname, c.relname;
