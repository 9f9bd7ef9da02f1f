-- Connections of clients that are open now. Needs no privilege.
SELECT count(*)::int AS used
FROM pg_stat_activity
WHERE backend_type = 'client backend';
