-- How much memory a build of an index may use before its sort goes to disk. Needs no privilege.
SELECT pg_size_bytes(current_setting('maintenance_work_mem')) AS bytes;
