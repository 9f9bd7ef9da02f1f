-- How often each index was read on this server since its statistics were reset. Needs no privilege.
SELECT schemaname::text AS schema,
       indexrelname::text AS name,
       idx_scan AS scans
FROM pg_stat_all_indexes
WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY schemaname, indexrelname;
