-- Whom a run is in the way of and who is in its way: how many sessions wait for a lock that one of ours holds, and the
-- oldest transaction of others in this database that keeps deleted rows from being vacuumed, prepared ones too (null:
-- none). Needs pg_monitor to see how old other roles' transactions are.
WITH waiting AS MATERIALIZED (
    SELECT DISTINCT l.pid FROM pg_locks AS l WHERE NOT l.granted AND l.pid <> ALL (%(pids)s::integer[])
),
oldest AS (
    SELECT 'session ' || a.pid AS whose, a.xact_start AS begun
    FROM pg_stat_activity AS a
    WHERE a.datname = current_database()
      AND a.pid <> ALL (%(pids)s::integer[] || pg_backend_pid())
      AND (a.backend_xid IS NOT NULL OR a.backend_xmin IS NOT NULL)
      AND a.xact_start IS NOT NULL
      AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum AS v WHERE v.pid = a.pid)
    UNION ALL
    SELECT 'the prepared transaction ' || quote_literal(p.gid), p.prepared
    FROM pg_prepared_xacts AS p
    WHERE p.database = current_database()
    ORDER BY begun
    LIMIT 1
)
SELECT (
           SELECT string_agg('session ' || w.pid, ', ' ORDER BY w.pid) FROM waiting AS w
           WHERE pg_blocking_pids(w.pid) && (%(pids)s::integer[] || pg_backend_pid())
       ) AS waiting,
       o.whose,
       to_char(o.begun AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS begun,
       extract(epoch FROM clock_timestamp() - o.begun)::float8 AS age_seconds
FROM (VALUES (1)) AS always
LEFT JOIN oldest AS o ON true;
