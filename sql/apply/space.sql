-- Where a new index of this session goes on the server, and when a sort spills to disk. `directory` is NULL where the
-- role may not know (it takes pg_read_all_settings) or where it is the data directory.
SELECT CASE
           WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory')
       END AS data_directory,
       nullif(pg_tablespace_location(t.oid), '') AS directory,
       pg_size_bytes(current_setting('maintenance_work_mem')) AS sort_bytes
FROM pg_database AS d
JOIN pg_tablespace AS t
    ON CASE
           WHEN current_setting('default_tablespace') <> '' THEN t.spcname = current_setting('default_tablespace')
           ELSE t.oid = d.dattablespace
       END
WHERE d.datname = current_database();
