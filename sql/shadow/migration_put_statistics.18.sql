-- Give a column or index expression statistics as ANALYZE would. Needs to own the table.
SELECT pg_restore_attribute_stats(
    'schemaname', %(schema)s::text,
    'relname', %(name)s::text,
    'attnum', %(number)s::smallint,
    'inherited', %(inherited)s::boolean,
    'null_frac', %(null_frac)s::real,
    'avg_width', %(avg_width)s::integer,
    'n_distinct', %(n_distinct)s::real,
    'most_common_vals', %(most_common_vals)s::text,
    'most_common_freqs', %(most_common_freqs)s::real[],
    'histogram_bounds', %(histogram_bounds)s::text,
    'correlation', %(correlation)s::real,
    'most_common_elems', %(most_common_elems)s::text,
    'most_common_elem_freqs', %(most_common_elem_freqs)s::real[],
    'elem_count_histogram', %(elem_count_histogram)s::real[],
    'range_length_histogram', %(range_length_histogram)s::text,
    'range_empty_frac', %(range_empty_frac)s::real,
    'range_bounds_histogram', %(range_bounds_histogram)s::text
) AS is_complete;
