-- Give the lock of lock.sql back. Needs no privilege.
SELECT pg_advisory_unlock(1684172656, 1) AS unlocked;
