-- Tables, views, materialized views and foreign tables, with what the planner knows of their size. Needs no privilege.
-- `inherits` are the tables [schema, name] of which one that is no partition is an heir.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind,
       c.reltuples::float8 AS rows,
       c.relpages AS blocks,
       c.relispartition AS is_partition,
       pn.nspname::text AS parent_schema,
       p.relname::text AS parent_name,
       h.inherits
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid AND c.relispartition
LEFT JOIN pg_class AS p ON p.oid = i.inhparent
LEFT JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
LEFT JOIN (
    SELECT hi.inhrelid, json_agg(json_build_array(hn.nspname, hp.relname) ORDER BY hi.inhseqno) AS inherits
    FROM pg_inherits AS hi
    JOIN pg_class AS hp ON hp.oid = hi.inhparent
    JOIN pg_namespace AS hn ON hn.oid = hp.relnamespace
    GROUP BY hi.inhrelid
) AS h ON h.inhrelid = c.oid AND NOT c.relispartition
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT pg_is_other_temp_schema(n.oid)
ORDER BY n.nspname, c.relname;
