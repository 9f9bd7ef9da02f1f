-- Where unqualified names are looked up, and since when the server counts. Needs no privilege.
SELECT current_schemas(false)::text[] AS search_path,
       current_database()::text AS database,
       current_setting('server_version_num')::integer AS server_version,
       current_setting('block_size')::integer AS block_size,
       -- a crash throws all counts away and is seen in the reset time of the archiver's alone
       extract(epoch FROM now() - greatest(
           coalesce(d.stats_reset, pg_postmaster_start_time()), (SELECT a.stats_reset FROM pg_stat_archiver AS a)
       ))::float8 AS counted_seconds,
       d.stats_reset IS NOT NULL AS stats_reset_known
FROM pg_stat_database AS d
WHERE d.datname = current_database();
