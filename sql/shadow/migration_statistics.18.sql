-- Statistics of all columns and index expressions as text, by relation and column number. Needs SELECT on the tables.
SELECT c.oid::bigint AS relation,
       a.attnum::int AS number,
       s.inherited AS inherited,
       s.null_frac::text AS null_frac,
       s.avg_width::text AS avg_width,
       s.n_distinct::text AS n_distinct,
       s.most_common_vals::text AS most_common_vals,
       s.most_common_freqs::text AS most_common_freqs,
       s.histogram_bounds::text AS histogram_bounds,
       s.correlation::text AS correlation,
       s.most_common_elems::text AS most_common_elems,
       s.most_common_elem_freqs::text AS most_common_elem_freqs,
       s.elem_count_histogram::text AS elem_count_histogram,
       s.range_length_histogram::text AS range_length_histogram,
       s.range_empty_frac::text AS range_empty_frac,
       s.range_bounds_histogram::text AS range_bounds_histogram
FROM pg_stats AS s
JOIN pg_namespace AS n ON n.nspname = s.schemaname
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = s.tablename
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = s.attname
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY c.oid, a.attnum, s.inherited;
