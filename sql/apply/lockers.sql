-- Transactions for which an index change of a table waits: for CREATE INDEX those that may write, for DROP INDEX all
-- that have touched it. A vacuum is left out: it gives way. Needs no privilege; pg_read_all_stats to name what they do.
SELECT l.virtualtransaction AS transaction,
       min(concat_ws(', ', coalesce('pid ' || l.pid, 'a prepared transaction'), nullif(a.application_name, ''), a.state))
           AS who
FROM pg_locks AS l
LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'relation'
  AND l.relation = to_regclass(%(table)s)
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.granted
  AND l.pid IS DISTINCT FROM pg_backend_pid()
  AND l.mode <> 'ShareUpdateExclusiveLock'
  AND (%(readers_too)s OR l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'ShareLock'))
GROUP BY l.virtualtransaction;
