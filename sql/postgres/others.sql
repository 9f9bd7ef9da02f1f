-- How busy others are in this database: the cumulative time of all its sessions' statements, and of the sessions that
-- are not ours, who is there, how many are at work, and whether any can have worked since a moment (in microseconds
-- since 1970; null: in the last second). Needs no privilege; what other roles' sessions do is seen with pg_monitor only,
-- without it any of them can have worked.
SELECT d.active_time AS active_ms,
       d.sessions,
       d.stats_reset::text AS reset,
       floor(extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS moment,
       a.pids,
       a.active,
       a.stirred
FROM pg_stat_database AS d
CROSS JOIN (
    SELECT coalesce(array_agg(s.pid), '{}') AS pids,
           count(*) FILTER (WHERE s.state = 'active') AS active,
           coalesce(bool_or(s.state IS NULL OR s.state IN ('active', 'fastpath function call', 'disabled')
                            OR s.state_change > coalesce('epoch'::timestamptz + %(since)s::bigint * interval '1 microsecond',
                                                         statement_timestamp() - interval '1 second')), false) AS stirred
    FROM pg_stat_activity AS s
    WHERE s.datname = current_database() AND coalesce(s.backend_type, 'client backend') = 'client backend'
      AND s.pid <> ALL (%(pids)s::integer[] || pg_backend_pid())
) AS a
WHERE d.datname = current_database();
