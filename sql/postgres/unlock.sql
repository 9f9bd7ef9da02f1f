-- Give the lock of lock.sql back. Needs no privilege.
SELECT pg_advisory_unlock(1684172656, %(key)s::integer) AS unlocked;
