-- Settings that findings look at, as they are for this session. No privilege is needed.
SELECT name, current_setting(name) AS value
FROM pg_settings
WHERE name IN (
    'work_mem', 'hash_mem_multiplier', 'jit', 'jit_above_cost', 'plan_cache_mode', 'default_statistics_target',
    'max_parallel_workers', 'max_parallel_workers_per_gather', 'max_worker_processes'
)
ORDER BY name;
