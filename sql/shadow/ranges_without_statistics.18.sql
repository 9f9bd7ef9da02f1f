-- Analysed columns of range types that have no histogram of bounds: a dump of a server before 17 lacks them. Needs
-- SELECT on the tables.
SELECT s.schemaname::text AS schema, s.tablename::text AS table_name, s.attname::text AS column_name
FROM pg_stats AS s
JOIN pg_namespace AS n ON n.nspname = s.schemaname
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = s.tablename
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = s.attname
JOIN pg_type AS t ON t.oid = a.atttypid
WHERE t.typtype IN ('r', 'm') AND s.range_bounds_histogram IS NULL AND s.null_frac < 1 AND NOT s.inherited
  AND c.relkind IN ('r', 'm')
ORDER BY 1, 2, 3;
