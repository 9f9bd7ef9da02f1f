-- Types of the expressions in extended statistics, by what their statistics are arrays of: the third word of an array in
-- binary form. Needs pg_read_all_data.
SELECT DISTINCT ON (s.schema, s.name, s.position)
       s.schema,
       s.name,
       CASE WHEN s.binary IS NOT NULL
            THEN (get_byte(s.binary, 8)::bigint << 24) + (get_byte(s.binary, 9) << 16)
                 + (get_byte(s.binary, 10) << 8) + get_byte(s.binary, 11)
       END AS type
FROM (
    SELECT n.nspname::text AS schema,
           e.stxname::text AS name,
           x.position,
           array_send(CASE WHEN (x.a).stakind1 IN (1, 2) THEN (x.a).stavalues1
                           WHEN (x.a).stakind2 IN (1, 2) THEN (x.a).stavalues2
                      END) AS binary
    FROM pg_statistic_ext AS e
    JOIN pg_namespace AS n ON n.oid = e.stxnamespace
    JOIN pg_statistic_ext_data AS d ON d.stxoid = e.oid
    CROSS JOIN LATERAL (
        SELECT unnest(d.stxdexpr) AS a, generate_subscripts(d.stxdexpr, 1) AS position
    ) AS x
) AS s
ORDER BY s.schema, s.name, s.position, s.binary IS NULL;
