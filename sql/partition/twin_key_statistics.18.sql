-- Give a partition's key its statistics. Needs to own the table.
SELECT pg_restore_attribute_stats(
    'schemaname', %(schema)s::text,
    'relname', %(name)s::text,
    'attname', %(column)s::text,
    'inherited', false,
    'null_frac', %(null_frac)s::real,
    'avg_width', %(avg_width)s::integer,
    'n_distinct', %(n_distinct)s::real,
    'most_common_vals', %(common)s::text,
    'most_common_freqs', %(frequencies)s::real[],
    'histogram_bounds', %(bounds)s::text,
    'correlation', %(correlation)s::real
);
