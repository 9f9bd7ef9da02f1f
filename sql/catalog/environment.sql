-- Where unqualified names are looked up, and since when the server counts. Needs no privilege.
SELECT current_schemas(false)::text[] AS search_path,
       current_database()::text AS database,
       current_setting('server_version_num')::integer AS server_version,
       current_setting('block_size')::integer AS block_size,
       extract(epoch FROM now() - coalesce(d.stats_reset, pg_postmaster_start_time()))::float8 AS counted_seconds,
       d.stats_reset IS NOT NULL AS stats_reset_known
FROM pg_stat_database AS d
WHERE d.datname = current_database();
