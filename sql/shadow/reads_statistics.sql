-- Whether the role may read what ANALYZE found from the catalog itself. Needs no privilege.
SELECT has_table_privilege('pg_catalog.pg_statistic_ext_data', 'SELECT')
       AND has_table_privilege('pg_catalog.pg_statistic', 'SELECT') AS allowed;
