-- What ANALYZE found of columns of range types, which pg_stats shows since PostgreSQL 17 only; no rows where it does.
-- Needs SELECT on pg_statistic: pg_read_all_data.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       a.attname::text AS column,
       s.stainherit AS inherited,
       max(k.vals) FILTER (WHERE k.kind = 6) AS lengths,
       max(k.numbers[1]) FILTER (WHERE k.kind = 6) AS empty_share,
       max(k.vals) FILTER (WHERE k.kind = 7) AS bounds
FROM pg_statistic AS s
JOIN pg_class AS c ON c.oid = s.starelid AND c.relkind IN ('r', 'p', 'm', 'f')
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = s.starelid AND a.attnum = s.staattnum
CROSS JOIN LATERAL (
    VALUES (s.stakind1, s.stanumbers1, s.stavalues1::text), (s.stakind2, s.stanumbers2, s.stavalues2::text),
           (s.stakind3, s.stanumbers3, s.stavalues3::text), (s.stakind4, s.stanumbers4, s.stavalues4::text),
           (s.stakind5, s.stanumbers5, s.stavalues5::text)
) AS k (kind, numbers, vals)
WHERE k.kind IN (6, 7) AND n.nspname NOT IN ('pg_catalog', 'information_schema')
GROUP BY 1, 2, 3, 4
HAVING count(*) = 2
ORDER BY 1, 2, 3, 4;
