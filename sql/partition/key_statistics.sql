-- Statistics of a table's columns, values as text. Needs SELECT on the table.
SELECT s.attname::text AS column,
       s.null_frac::float8 AS null_frac,
       s.avg_width AS avg_width,
       s.n_distinct::float8 AS n_distinct,
       s.most_common_vals::text::text[] AS common,
       s.most_common_freqs::float8[] AS frequencies,
       s.histogram_bounds::text::text[] AS bounds,
       s.correlation::float8 AS correlation
FROM pg_stats AS s
WHERE s.schemaname = %(schema)s::text AND s.tablename = %(name)s::text AND NOT s.inherited
ORDER BY s.attname;
