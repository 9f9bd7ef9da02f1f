-- Extended statistics: the columns and expressions that they are on; not the expressions while another session has the
-- table locked exclusively, for which asking would wait. Needs no privilege.
WITH locked AS MATERIALIZED (
    SELECT k.relation
    FROM pg_locks AS k
    JOIN pg_database AS d ON d.oid = k.database AND d.datname = current_database()
    WHERE k.mode = 'AccessExclusiveLock' AND k.granted AND k.pid <> pg_backend_pid() AND k.relation IS NOT NULL
)
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
       CASE
           WHEN c.oid IN (SELECT locked.relation FROM locked) THEN '{}'::text[]
           ELSE coalesce(pg_get_statisticsobjdef_expressions(o.oid), '{}')
       END AS expressions
FROM pg_statistic_ext AS o
JOIN pg_class AS c ON c.oid = o.stxrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_namespace AS on_schema ON on_schema.oid = o.stxnamespace
ORDER BY on_schema.nspname, o.stxname;
