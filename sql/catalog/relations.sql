-- Tables, views, materialized views and foreign tables, with what the planner knows of their size. Needs no privilege.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind,
       c.reltuples::float8 AS rows,
       c.relpages AS blocks,
       c.relispartition AS is_partition,
       pn.nspname::text AS parent_schema,
       p.relname::text AS parent_name
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid AND c.relispartition
LEFT JOIN pg_class AS p ON p.oid = i.inhparent
LEFT JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT pg_is_other_temp_schema(n.oid)
ORDER BY n.nspname, c.relname;
