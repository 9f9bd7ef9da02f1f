-- What the sessions of applications run at this moment, or ran last, in some databases (all where none is named). A
-- text may be cut: track_activity_query_size counts its bytes and a closing zero. The texts, states and waits of other
-- roles' sessions need pg_read_all_stats; without it only the sessions are seen.
SELECT a.pid,
       a.query,
       a.query_id AS queryid,
       a.state IN ('active', 'fastpath function call') AS runs,
       a.state = 'disabled' AS unknown,
       a.state IS NULL AND a.query = '<insufficient privilege>' AS hidden,
       a.wait_event_type || ':' || a.wait_event AS wait,
       extract(epoch FROM a.query_start)::float8 AS started,
       1000 * extract(epoch FROM pg_catalog.clock_timestamp() - a.query_start)::float8 AS age_ms,
       1000 * extract(epoch FROM a.state_change - a.query_start)::float8 AS took_ms,
       pg_catalog.octet_length(a.query) >= s.setting::integer - 4 AS cut
FROM pg_catalog.pg_stat_activity AS a
CROSS JOIN (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'track_activity_query_size') AS s
WHERE a.pid <> pg_catalog.pg_backend_pid()
  AND (a.backend_type = 'client backend' OR (a.backend_type IS NULL AND a.datname IS NOT NULL))
  AND (%(databases)s::text[] = '{}' OR a.datname = ANY (%(databases)s::text[]))
