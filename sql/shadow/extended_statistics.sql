-- Extended statistics over several columns, attribute numbers with their names. Needs SELECT on the tables' columns.
-- `inherited` is found further out where the catalog does not have it, before 15.
SELECT s.statistics_schemaname::text AS schema,
       s.statistics_name::text AS name,
       s.schemaname::text AS table_schema,
       s.tablename::text AS table_name,
       (SELECT inherited FROM (SELECT s.*) AS t) AS inherited,
       s.n_distinct::text AS n_distinct,
       s.dependencies::text AS dependencies,
       s.most_common_vals::text[] AS most_common_vals,
       s.most_common_freqs::float8[] AS most_common_freqs,
       s.most_common_base_freqs::float8[] AS most_common_base_freqs,
       (
           SELECT json_object_agg(a.attnum, a.attname ORDER BY a.attnum)
           FROM pg_attribute AS a
           JOIN pg_class AS c ON c.oid = a.attrelid
           JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE n.nspname = s.schemaname AND c.relname = s.tablename AND a.attname = ANY (s.attnames)
       ) AS attributes
FROM (SELECT false AS inherited) AS before_15
CROSS JOIN pg_stats_ext AS s
ORDER BY 1, 2, 5;
