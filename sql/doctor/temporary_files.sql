-- What sorts and hashes of this database wrote to disk. Needs no privilege.
SELECT temp_files AS files,
       temp_bytes::bigint AS bytes,
       coalesce(to_char(stats_reset, 'YYYY-MM-DD HH24:MI'), 'the statistics began') AS since
FROM pg_stat_database
WHERE datname = current_database();
