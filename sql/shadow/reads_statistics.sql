-- Whether the role may read what ANALYZE found for extended statistics from the catalog. Needs no privilege.
SELECT has_table_privilege('pg_catalog.pg_statistic_ext_data', 'SELECT') AS allowed;
