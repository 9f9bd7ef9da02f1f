-- The settings that decide about plans and differ from PostgreSQL's defaults. No privilege is needed.
SELECT name, current_setting(name) AS value
FROM pg_settings
WHERE setting IS DISTINCT FROM boot_val
  AND (category ^@ 'Query Tuning'
       OR name IN ('work_mem', 'hash_mem_multiplier', 'shared_buffers', 'temp_buffers', 'maintenance_work_mem',
                   'max_worker_processes', 'max_parallel_workers', 'max_parallel_workers_per_gather',
                   'effective_io_concurrency', 'jit', 'track_io_timing', 'default_statistics_target', 'search_path'))
ORDER BY name
