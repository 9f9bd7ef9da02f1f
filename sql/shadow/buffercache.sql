-- In which schema pg_buffercache's functions are. Needs no privilege.
SELECT n.nspname::text AS schema
FROM pg_extension AS e
JOIN pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_buffercache';
