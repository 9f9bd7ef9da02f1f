-- Tables that have row security. Needs no privilege.
SELECT n.nspname::text AS schema, c.relname::text AS name
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relrowsecurity
ORDER BY n.nspname, c.relname;
