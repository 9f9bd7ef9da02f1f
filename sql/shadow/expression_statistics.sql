-- Statistics of the expressions in extended statistics, in their order. Needs SELECT on the tables' columns.
-- `inherited` is found further out where the catalog does not have it, before 15.
SELECT s.statistics_schemaname::text AS schema,
       s.statistics_name::text AS name,
       s.schemaname::text AS table_schema,
       s.tablename::text AS table_name,
       (SELECT inherited FROM (SELECT s.*) AS t) AS inherited,
       s.expr AS expression,
       s.null_frac::text AS null_frac,
       s.avg_width::text AS avg_width,
       s.n_distinct::text AS n_distinct,
       s.most_common_vals::text AS most_common_vals,
       s.most_common_freqs::text AS most_common_freqs,
       s.histogram_bounds::text AS histogram_bounds,
       s.correlation::text AS correlation,
       s.most_common_elems::text AS most_common_elems,
       s.most_common_elem_freqs::text AS most_common_elem_freqs,
       s.elem_count_histogram::text AS elem_count_histogram
FROM (SELECT false AS inherited) AS before_15
CROSS JOIN (SELECT *, row_number() OVER () AS position FROM pg_stats_ext_exprs) AS s
ORDER BY 1, 2, 5, s.position;
