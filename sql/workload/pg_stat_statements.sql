-- Where pg_stat_statements is, whether the role may use it, or what stands in the way of it. Anyone may ask; the list of preloaded libraries is
-- shown to pg_read_all_settings alone.
SELECT e.extversion AS version,
       n.nspname AS schema,
       pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS schema_usable,
       (SELECT pg_catalog.bool_and(pg_catalog.has_function_privilege(p.oid, 'EXECUTE'))
        FROM pg_catalog.pg_proc AS p
        WHERE p.pronamespace = n.oid AND p.proname = 'pg_stat_statements') AS executable,
       a.name IS NOT NULL AS available,
       EXISTS (SELECT FROM pg_catalog.pg_settings WHERE name = 'pg_stat_statements.max') AS loaded,
       (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'shared_preload_libraries') AS preloaded,
       (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'pg_stat_statements.track') AS track,
       (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'compute_query_id') AS compute_query_id
FROM (VALUES ('pg_stat_statements')) AS wanted (name)
LEFT JOIN pg_catalog.pg_extension AS e ON e.extname = wanted.name
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
LEFT JOIN pg_catalog.pg_available_extensions AS a ON a.name = wanted.name
