-- Columns whose number of different values was set by hand. Needs no privilege.
SELECT n.nspname::text AS schema,
       c.relname::text AS table_name,
       a.attname::text AS name,
       split_part(option, '=', 2) AS n_distinct
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(a.attoptions) AS option
WHERE option LIKE 'n\_distinct=%%'
  AND c.relkind IN ('r', 'm')
ORDER BY n.nspname, c.relname, a.attname;
