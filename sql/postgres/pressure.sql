-- What a throttle looks at: the longest lag of a standby in seconds and bytes (null where there is none, or the role may
-- not see it), and how many other sessions are at work. Needs pg_monitor to see other roles' sessions.
SELECT max(extract(epoch FROM r.replay_lag))::float8 AS lag_seconds,
       CASE WHEN NOT pg_is_in_recovery()
            THEN max(pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn))::bigint END AS lag_bytes,
       (
           SELECT count(*) FROM pg_stat_activity AS a
           WHERE a.state = 'active' AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
       ) AS active
FROM pg_stat_replication AS r;
