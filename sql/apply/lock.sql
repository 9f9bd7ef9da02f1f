-- One apply or undo at a time in a database: the session's advisory lock (1684172656, 1), "dbop" as a number.
-- Needs no privilege.
SELECT pg_try_advisory_lock(1684172656, 1) AS locked;
