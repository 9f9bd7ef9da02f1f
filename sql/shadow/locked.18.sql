-- Which of these relations this session's transaction has touched. Needs no privilege.
SELECT DISTINCT l.relation::bigint AS oid
FROM pg_locks AS l
WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.relation = ANY (%(relations)s::bigint[]::oid[]);
