-- End the sessions of a role whose statement runs for so many seconds; without a number, all of them. Needs
-- pg_signal_backend.
SELECT a.pid AS pid, pg_terminate_backend(a.pid) AS is_ended
FROM pg_stat_activity AS a
WHERE a.usename = %(role)s::text
  AND (%(seconds)s::float8 IS NULL
       OR a.state = 'active' AND clock_timestamp() - a.query_start > make_interval(secs => %(seconds)s::float8));
