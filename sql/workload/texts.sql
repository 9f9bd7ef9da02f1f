-- The texts of some statements. Those of other roles need pg_read_all_stats.
SELECT s.queryid, pg_catalog.min(s.query) AS query
FROM pg_stat_statements(true) AS s
WHERE s.queryid = ANY (%(queryids)s::bigint[])
GROUP BY s.queryid
