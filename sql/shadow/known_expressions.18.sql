-- What is known of expressions of these tables: by statistics objects, else by indexes of all rows. Needs SELECT on the
-- tables.
SELECT DISTINCT ON (s.table, s.expression) s.*
FROM (
    SELECT e.stxrelid::bigint AS table,
           true AS by_object,
           v.expr AS expression,
           v.null_frac, v.avg_width, v.n_distinct,
           v.most_common_vals::text AS most_common_vals, v.most_common_freqs, v.histogram_bounds::text AS histogram_bounds,
           v.correlation,
           v.most_common_elems::text AS most_common_elems, v.most_common_elem_freqs, v.elem_count_histogram
    FROM pg_stats_ext_exprs AS v
    JOIN pg_namespace AS n ON n.nspname = v.statistics_schemaname
    JOIN pg_statistic_ext AS e ON e.stxnamespace = n.oid AND e.stxname = v.statistics_name
    WHERE NOT v.inherited AND v.n_distinct IS NOT NULL
    UNION ALL
    SELECT x.indrelid::bigint,
           false,
           CASE WHEN d.text LIKE '(%%' THEN substr(d.text, 2, length(d.text) - 2) ELSE d.text END,
           v.null_frac, v.avg_width, v.n_distinct,
           v.most_common_vals::text, v.most_common_freqs, v.histogram_bounds::text,
           v.correlation,
           v.most_common_elems::text, v.most_common_elem_freqs, v.elem_count_histogram
    FROM pg_index AS x
    JOIN pg_class AS i ON i.oid = x.indexrelid
    JOIN pg_namespace AS n ON n.oid = i.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = x.indexrelid
    JOIN pg_stats AS v ON v.schemaname = n.nspname AND v.tablename = i.relname AND v.attname = a.attname
    CROSS JOIN LATERAL pg_get_indexdef(x.indexrelid, a.attnum, false) AS d (text)
    WHERE x.indpred IS NULL AND x.indkey[a.attnum - 1] = 0
) AS s
WHERE s.table = ANY (%(tables)s::bigint[])
ORDER BY s.table, s.expression, s.by_object DESC;
