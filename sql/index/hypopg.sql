-- Whether HypoPG is installed in this database, and in which schema; or could be. Needs no privilege.
SELECT a.name,
       a.default_version,
       e.extversion::text AS version,
       n.nspname::text AS schema
FROM pg_available_extensions AS a
LEFT JOIN pg_extension AS e ON e.extname = a.name
LEFT JOIN pg_namespace AS n ON n.oid = e.extnamespace
WHERE a.name = 'hypopg';
