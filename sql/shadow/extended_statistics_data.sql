-- Extended statistics over several columns, attribute numbers with their names. The view shows
-- them to the owners of the tables alone, so this reads the catalog: needs pg_read_all_data.
-- `stxdinherit` is found further out where the catalog does not have it, before 15.
SELECT s.statistics_schemaname::text AS schema,
       s.statistics_name::text AS name,
       s.schemaname::text AS table_schema,
       s.tablename::text AS table_name,
       s.inherited AS inherited,
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
FROM (
    SELECT tn.nspname AS schemaname,
           c.relname AS tablename,
           sn.nspname AS statistics_schemaname,
           e.stxname AS statistics_name,
           (SELECT stxdinherit FROM (SELECT d.*) AS t) AS inherited,
           (
               SELECT array_agg(a.attname ORDER BY a.attnum)
               FROM pg_attribute AS a
               WHERE a.attrelid = e.stxrelid AND a.attnum = ANY (e.stxkeys::int2[])
           ) AS attnames,
           d.stxdndistinct AS n_distinct,
           d.stxddependencies AS dependencies,
           m.most_common_vals,
           m.most_common_freqs,
           m.most_common_base_freqs
    FROM (SELECT false AS stxdinherit) AS before_15
    CROSS JOIN pg_statistic_ext AS e
    JOIN pg_statistic_ext_data AS d ON d.stxoid = e.oid
    JOIN pg_class AS c ON c.oid = e.stxrelid
    JOIN pg_namespace AS tn ON tn.oid = c.relnamespace
    JOIN pg_namespace AS sn ON sn.oid = e.stxnamespace
    LEFT JOIN LATERAL (
        SELECT array_agg(i.values ORDER BY i.index) AS most_common_vals,
               array_agg(i.frequency ORDER BY i.index) AS most_common_freqs,
               array_agg(i.base_frequency ORDER BY i.index) AS most_common_base_freqs
        FROM pg_mcv_list_items(d.stxdmcv) AS i
    ) AS m ON d.stxdmcv IS NOT NULL
) AS s
ORDER BY 1, 2, 5;
