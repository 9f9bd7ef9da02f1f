-- A table of this database that another session has locked against reading. Needs no privilege.
SELECT l.relation::regclass::text AS name
FROM pg_locks AS l
WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY 1
LIMIT 1;
