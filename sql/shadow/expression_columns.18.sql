-- The columns that these statistics objects' expressions read, with what is known of the columns; and whether they call
-- functions that are neither built in nor an extension's. Needs SELECT on the tables.
SELECT e.stxname::text AS object,
       EXISTS (
           SELECT FROM pg_depend AS d
           WHERE d.classid = 'pg_statistic_ext'::regclass AND d.objid = e.oid
             AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_cast'::regclass)
             AND NOT EXISTS (
                 SELECT FROM pg_depend AS o WHERE o.classid = d.refclassid AND o.objid = d.refobjid AND o.deptype = 'e'
             )
       ) AS is_foreign,
       t.reltuples::float8 AS rows,
       a.attname::text AS column,
       format_type(a.atttypid, a.atttypmod) AS type,
       format_type(a.atttypid, NULL) AS base_type,
       v.null_frac::float8 AS null_fraction,
       v.n_distinct::float8 AS n_distinct,
       coalesce(v.most_common_vals::text::text[], '{}') AS common,
       coalesce(v.most_common_freqs, '{}')::float8[] AS frequencies,
       coalesce(v.histogram_bounds::text::text[], '{}') AS bounds,
       coalesce(v.correlation, 0)::float8 AS correlation
FROM pg_statistic_ext AS e
JOIN pg_class AS t ON t.oid = e.stxrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_depend AS c ON c.classid = 'pg_statistic_ext'::regclass AND c.objid = e.oid
    AND c.refclassid = 'pg_class'::regclass AND c.refobjid = e.stxrelid AND c.refobjsubid > 0
JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = c.refobjsubid
LEFT JOIN pg_stats AS v ON v.schemaname = n.nspname AND v.tablename = t.relname AND v.attname = a.attname
    AND NOT v.inherited
WHERE e.stxname = ANY (%(objects)s)
ORDER BY e.stxname, a.attnum;
