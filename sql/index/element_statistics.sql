-- What is known of the elements and values in columns and expressions of these indexes. Needs SELECT on the tables.
SELECT x.indexrelid::bigint AS index,
       k::int AS attribute,
       coalesce(s.avg_width, 0)::int AS avg_width,
       coalesce(s.null_frac, 0)::float8 AS null_fraction,
       ia.attlen::int AS length,
       coalesce(s.n_distinct, 0)::float8 AS n_distinct,
       coalesce(s.most_common_elems::text::text[], '{}') AS elements,
       coalesce(s.most_common_elem_freqs, '{}')::float8[] AS element_frequencies,
       s.elem_count_histogram[array_upper(s.elem_count_histogram, 1)]::float8 AS elements_per_row,
       coalesce(s.most_common_vals::text::text[], '{}') AS common,
       coalesce(s.most_common_freqs, '{}')::float8[] AS frequencies,
       coalesce(s.histogram_bounds::text::text[], '{}') AS bounds
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
CROSS JOIN LATERAL generate_series(1, x.indnkeyatts) AS k
JOIN pg_attribute AS ia ON ia.attrelid = x.indexrelid AND ia.attnum = k
LEFT JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k - 1] AND a.attnum > 0
LEFT JOIN pg_class AS t ON t.oid = CASE WHEN a.attname IS NULL THEN x.indexrelid ELSE x.indrelid END
LEFT JOIN LATERAL (
    SELECT s.*
    FROM pg_stats AS s
    JOIN pg_namespace AS n ON n.nspname = s.schemaname
    WHERE n.oid = t.relnamespace AND s.tablename = t.relname AND s.attname = coalesce(a.attname, ia.attname)
    ORDER BY s.inherited
    LIMIT 1
) AS s ON true
WHERE x.indexrelid = ANY (%(indexes)s::bigint[]::oid[])
ORDER BY x.indexrelid, k;
