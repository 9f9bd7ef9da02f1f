-- Sessions that hold a snapshot between two statements: REPEATABLE READ, SERIALIZABLE, or an open cursor. Sees other
-- roles' sessions with pg_read_all_stats only.
SELECT a.pid
FROM pg_stat_activity AS a
WHERE a.datname = current_database()
  AND a.pid <> pg_backend_pid()
  AND a.backend_xmin IS NOT NULL
  AND starts_with(a.state, 'idle in transaction')
ORDER BY a.pid;
