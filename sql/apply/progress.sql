-- How far a CREATE INDEX is, and for whom it (or a DROP INDEX) waits. Needs no privilege for the role's own sessions;
-- pg_read_all_stats to name what the others do.
SELECT p.phase,
       p.blocks_done,
       p.blocks_total,
       p.tuples_done,
       p.tuples_total,
       (SELECT l.locktype FROM pg_locks AS l WHERE l.pid = a.pid AND NOT l.granted LIMIT 1) AS waits_for,
       CASE WHEN a.wait_event_type = 'Lock' THEN (
           SELECT array_agg(concat_ws(', ', 'pid ' || b.pid, nullif(b.application_name, ''), b.state)
                            ORDER BY b.xact_start)
           FROM pg_stat_activity AS b
           WHERE b.pid = ANY (pg_blocking_pids(a.pid))
       ) END AS blockers
FROM pg_stat_activity AS a
LEFT JOIN pg_stat_progress_create_index AS p ON p.pid = a.pid
WHERE a.pid = %(pid)s;
