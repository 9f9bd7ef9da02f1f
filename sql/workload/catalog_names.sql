-- The names of the system catalogs and views, and of pg_stat_statements' own. Anyone may ask.
SELECT c.relname AS name
FROM pg_catalog.pg_class AS c
WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND c.relkind IN ('r', 'v')
UNION ALL
VALUES ('pg_stat_statements'), ('pg_stat_statements_info')
