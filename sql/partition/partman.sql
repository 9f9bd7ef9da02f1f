-- Where pg_partman is installed and which version. Needs no privilege.
SELECT n.nspname::text AS schema,
       e.extversion AS version
FROM pg_extension AS e
JOIN pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_partman';
