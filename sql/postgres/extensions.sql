-- Extensions that the server has: their newest version, and the version and schema where created in this database.
-- Needs no privilege.
SELECT a.name::text AS name,
       a.default_version::text AS available_version,
       e.extversion::text AS version,
       n.nspname::text AS schema
FROM pg_available_extensions AS a
LEFT JOIN pg_extension AS e ON e.extname = a.name
LEFT JOIN pg_namespace AS n ON n.oid = e.extnamespace
ORDER BY a.name;
