-- The session's settings that change plans, in the unit that `unit` names. Needs no privilege.
SELECT name, setting, unit
FROM pg_settings
WHERE (category LIKE 'Query Tuning%'
       OR name IN ('work_mem', 'hash_mem_multiplier', 'max_parallel_workers_per_gather', 'parallel_leader_participation',
                   'array_nulls', 'transform_null_equals', 'TimeZone', 'DateStyle', 'IntervalStyle', 'bytea_output',
                   'standard_conforming_strings', 'default_text_search_config', 'extra_float_digits'))
  AND context IN ('user', 'superuser')
  AND NOT name LIKE 'default_statistics_target'
ORDER BY name;
