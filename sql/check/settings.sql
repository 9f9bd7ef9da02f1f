-- The planner settings that differ from PostgreSQL's defaults, and what sorts and hashes may use. A search_path counts as
-- the schemas that it finds, since a shadow's spells these. Needs no privilege.
SELECT name, value
FROM (
    SELECT name, category, boot_val,
           CASE name WHEN 'search_path'
                     THEN (SELECT coalesce(string_agg(quote_ident(p.schema), ', ' ORDER BY p.position), '')
                           FROM unnest(current_schemas(false)) WITH ORDINALITY AS p (schema, position))
                     ELSE current_setting(name) END AS value
    FROM pg_settings
) AS s
WHERE (category ^@ 'Query Tuning'
       OR name IN ('work_mem', 'hash_mem_multiplier', 'max_parallel_workers_per_gather', 'parallel_leader_participation',
                   'search_path', 'transform_null_equals'))
  AND name NOT IN ('default_statistics_target', 'debug_parallel_query', 'force_parallel_mode')
  AND NOT name ^@ 'jit'
  AND value IS DISTINCT FROM (
      CASE name WHEN 'search_path' THEN 'public'
                WHEN 'effective_cache_size' THEN '4GB'
                WHEN 'work_mem' THEN '4MB'
                WHEN 'min_parallel_table_scan_size' THEN '8MB'
                WHEN 'min_parallel_index_scan_size' THEN '512kB'
                ELSE boot_val END
  )
ORDER BY name;
