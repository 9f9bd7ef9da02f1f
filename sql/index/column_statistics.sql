-- The most common values, as text, of columns of which ANALYZE keeps as many as it may (it lists none that is not more
-- common than others, so that more of them exist). Needs SELECT on the tables.
SELECT s.schemaname::text AS schema,
       s.tablename::text AS table_name,
       s.attname::text AS name,
       s.n_distinct::float8 AS n_distinct,
       s.null_frac::float8 AS null_fraction,
       coalesce(s.most_common_vals::text::text[], '{}') AS common_values,
       coalesce(s.most_common_freqs, '{}')::float8[] AS frequencies,
       coalesce(
           nullif((to_jsonb(a) ->> 'attstattarget')::int, -1), current_setting('default_statistics_target')::int
       ) AS target,
       nullif((to_jsonb(a) ->> 'attstattarget')::int, -1) AS own_target
FROM pg_stats AS s
JOIN pg_namespace AS n ON n.nspname = s.schemaname
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = s.tablename AND c.relkind IN ('r', 'm')
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = s.attname
WHERE NOT s.inherited
  AND s.schemaname NOT IN ('pg_catalog', 'information_schema')
  AND cardinality(s.most_common_freqs) >= coalesce(
      nullif((to_jsonb(a) ->> 'attstattarget')::int, -1), current_setting('default_statistics_target')::int
  )
ORDER BY s.schemaname, s.tablename, s.attname;
