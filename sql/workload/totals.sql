-- What each statement cost, the dearest first, without the texts: reading those is the expensive part. Statements of
-- other roles have no queryid without pg_read_all_stats.
SELECT s.queryid,
       d.datname AS database,
       pg_catalog.sum(s.calls)::bigint AS calls,
       pg_catalog.sum(s.total_exec_time) AS total_ms,
       pg_catalog.sum(s.rows)::bigint AS rows
FROM pg_stat_statements(false) AS s
JOIN pg_catalog.pg_database AS d ON d.oid = s.dbid
WHERE s.calls > 0
GROUP BY s.queryid, d.datname
ORDER BY total_ms DESC, s.queryid
