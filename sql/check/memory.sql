-- How many bytes a sort and a hash may use. Needs no privilege.
SELECT pg_size_bytes(current_setting('work_mem'))::float8 AS sort_bytes,
       pg_size_bytes(current_setting('work_mem')) * current_setting('hash_mem_multiplier')::float8 AS hash_bytes;
