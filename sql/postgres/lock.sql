-- One run at a time in a database: the session's advisory lock (1684172656, key), "dbop" as a number. Needs no
-- privilege.
SELECT pg_try_advisory_lock(1684172656, %(key)s::integer) AS locked;
