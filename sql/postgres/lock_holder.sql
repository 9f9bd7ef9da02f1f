-- Who holds the lock of lock.sql in this database. Needs no privilege.
SELECT pid
FROM pg_locks
WHERE locktype = 'advisory'
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND classid = 1684172656 AND objid = %(key)s::integer::oid AND objsubid = 2
  AND granted;
