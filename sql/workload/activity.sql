-- The texts that other sessions on this database run or ran last. Those of other roles need pg_read_all_stats.
SELECT DISTINCT a.query
FROM pg_catalog.pg_stat_activity AS a
WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
  AND a.backend_type = 'client backend' AND a.query <> '' AND a.query IS NOT NULL
ORDER BY a.query
