-- Statistics of the expressions in extended statistics, in their order. Needs
-- pg_read_all_data.
-- `stxdinherit` is found further out where the catalog does not have it, before 15.
SELECT s.statistics_schemaname::text AS schema,
       s.statistics_name::text AS name,
       s.schemaname::text AS table_schema,
       s.tablename::text AS table_name,
       s.inherited AS inherited,
       s.expr AS expression,
       s.null_frac::text AS null_frac,
       s.avg_width::text AS avg_width,
       s.n_distinct::text AS n_distinct,
       s.most_common_vals::text AS most_common_vals,
       s.most_common_freqs::text AS most_common_freqs,
       s.histogram_bounds::text AS histogram_bounds,
       s.correlations[1]::text AS correlation,
       s.most_common_elems::text AS most_common_elems,
       s.most_common_elem_freqs::text AS most_common_elem_freqs,
       s.elem_count_histogram::text AS elem_count_histogram
FROM (
    SELECT tn.nspname AS schemaname,
           c.relname AS tablename,
           sn.nspname AS statistics_schemaname,
           e.stxname AS statistics_name,
           (SELECT stxdinherit FROM (SELECT d.*) AS t) AS inherited,
           x.expr,
           x.position,
           (x.a).stanullfrac AS null_frac,
           (x.a).stawidth AS avg_width,
           (x.a).stadistinct AS n_distinct,
           CASE WHEN (x.a).stakind1 = 1 THEN (x.a).stavalues1
                WHEN (x.a).stakind2 = 1 THEN (x.a).stavalues2
                WHEN (x.a).stakind3 = 1 THEN (x.a).stavalues3
                WHEN (x.a).stakind4 = 1 THEN (x.a).stavalues4
                WHEN (x.a).stakind5 = 1 THEN (x.a).stavalues5
           END AS most_common_vals,
           CASE WHEN (x.a).stakind1 = 1 THEN (x.a).stanumbers1
                WHEN (x.a).stakind2 = 1 THEN (x.a).stanumbers2
                WHEN (x.a).stakind3 = 1 THEN (x.a).stanumbers3
                WHEN (x.a).stakind4 = 1 THEN (x.a).stanumbers4
                WHEN (x.a).stakind5 = 1 THEN (x.a).stanumbers5
           END AS most_common_freqs,
           CASE WHEN (x.a).stakind1 = 2 THEN (x.a).stavalues1
                WHEN (x.a).stakind2 = 2 THEN (x.a).stavalues2
                WHEN (x.a).stakind3 = 2 THEN (x.a).stavalues3
                WHEN (x.a).stakind4 = 2 THEN (x.a).stavalues4
                WHEN (x.a).stakind5 = 2 THEN (x.a).stavalues5
           END AS histogram_bounds,
           CASE WHEN (x.a).stakind1 = 3 THEN (x.a).stanumbers1
                WHEN (x.a).stakind2 = 3 THEN (x.a).stanumbers2
                WHEN (x.a).stakind3 = 3 THEN (x.a).stanumbers3
                WHEN (x.a).stakind4 = 3 THEN (x.a).stanumbers4
                WHEN (x.a).stakind5 = 3 THEN (x.a).stanumbers5
           END AS correlations,
           CASE WHEN (x.a).stakind1 = 4 THEN (x.a).stavalues1
                WHEN (x.a).stakind2 = 4 THEN (x.a).stavalues2
                WHEN (x.a).stakind3 = 4 THEN (x.a).stavalues3
                WHEN (x.a).stakind4 = 4 THEN (x.a).stavalues4
                WHEN (x.a).stakind5 = 4 THEN (x.a).stavalues5
           END AS most_common_elems,
           CASE WHEN (x.a).stakind1 = 4 THEN (x.a).stanumbers1
                WHEN (x.a).stakind2 = 4 THEN (x.a).stanumbers2
                WHEN (x.a).stakind3 = 4 THEN (x.a).stanumbers3
                WHEN (x.a).stakind4 = 4 THEN (x.a).stanumbers4
                WHEN (x.a).stakind5 = 4 THEN (x.a).stanumbers5
           END AS most_common_elem_freqs,
           CASE WHEN (x.a).stakind1 = 5 THEN (x.a).stanumbers1
                WHEN (x.a).stakind2 = 5 THEN (x.a).stanumbers2
                WHEN (x.a).stakind3 = 5 THEN (x.a).stanumbers3
                WHEN (x.a).stakind4 = 5 THEN (x.a).stanumbers4
                WHEN (x.a).stakind5 = 5 THEN (x.a).stanumbers5
           END AS elem_count_histogram
    FROM (SELECT false AS stxdinherit) AS before_15
    CROSS JOIN pg_statistic_ext AS e
    JOIN pg_statistic_ext_data AS d ON d.stxoid = e.oid
    JOIN pg_class AS c ON c.oid = e.stxrelid
    JOIN pg_namespace AS tn ON tn.oid = c.relnamespace
    JOIN pg_namespace AS sn ON sn.oid = e.stxnamespace
    CROSS JOIN LATERAL (
        SELECT unnest(t.expressions) AS expr, unnest(d.stxdexpr) AS a, generate_subscripts(t.expressions, 1) AS position
        FROM (SELECT pg_get_statisticsobjdef_expressions(e.oid) AS expressions) AS t
    ) AS x
    WHERE x.expr IS NOT NULL AND d.stxdexpr IS NOT NULL
) AS s
ORDER BY 1, 2, 5, s.position;
