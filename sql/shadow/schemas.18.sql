-- Schemas other than the system's own. Needs no privilege.
SELECT nspname::text AS schema
FROM pg_namespace
WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\_%%'
ORDER BY nspname;
