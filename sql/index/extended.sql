-- Extended statistics: the columns and expressions that they are on. Needs no privilege.
SELECT n.nspname::text AS schema,
       c.relname::text AS table_name,
       o.stxname::text AS name,
       on_schema.nspname::text AS own_schema,
       array(
           SELECT a.attname::text
           FROM unnest(o.stxkeys) AS k (number)
           JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number
           ORDER BY a.attname
       ) AS columns,
       coalesce(pg_get_statisticsobjdef_expressions(o.oid), '{}') AS expressions
FROM pg_statistic_ext AS o
JOIN pg_class AS c ON c.oid = o.stxrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_namespace AS on_schema ON on_schema.oid = o.stxnamespace
ORDER BY on_schema.nspname, o.stxname;
