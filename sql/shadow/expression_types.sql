-- Types of the expressions in extended statistics, by what their statistics are arrays of: the third word of an array in
-- binary form. Needs SELECT on the tables' columns.
SELECT s.statistics_schemaname::text AS schema,
       s.statistics_name::text AS name,
       CASE WHEN s.binary IS NOT NULL
            THEN (get_byte(s.binary, 8)::bigint << 24) + (get_byte(s.binary, 9) << 16)
                 + (get_byte(s.binary, 10) << 8) + get_byte(s.binary, 11)
       END AS type
FROM (
    SELECT e.statistics_schemaname,
           e.statistics_name,
           row_number() OVER () AS position,
           array_send(coalesce(e.most_common_vals, e.histogram_bounds)) AS binary
    FROM pg_stats_ext_exprs AS e
) AS s
ORDER BY 1, 2, s.position;
