-- Extended statistics on some tables, given as arrays of schemas and names, and the names of all others: the columns and
-- expressions that they are on; not the expressions while another session has the table locked exclusively, for which
-- asking would wait. Needs no privilege.
WITH locked AS MATERIALIZED (
    SELECT k.relation
    FROM pg_locks AS k
    JOIN pg_database AS d ON d.oid = k.database AND d.datname = current_database()
    WHERE k.mode = 'AccessExclusiveLock' AND k.granted AND k.pid <> pg_backend_pid() AND k.relation IS NOT NULL
)
SELECT n.nspname::text AS table_schema,
       c.relname::text AS table_name,
       own.nspname::text AS schema,
       o.stxname::text AS name,
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
FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS wanted (schema, name)
JOIN pg_namespace AS n ON n.nspname = wanted.schema
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name
JOIN pg_statistic_ext AS o ON o.stxrelid = c.oid
JOIN pg_namespace AS own ON own.oid = o.stxnamespace
ORDER BY own.nspname, o.stxname;
