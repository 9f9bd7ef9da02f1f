-- Relations with their files and what pg_class holds of their size. Needs no privilege.
SELECT c.oid::bigint AS oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind,
       x.indrelid::bigint AS table,
       CASE WHEN c.relispartition THEN (SELECT i.inhparent::bigint FROM pg_inherits AS i WHERE i.inhrelid = c.oid) END
           AS parent,
       pg_relation_filepath(c.oid) AS path,
       c.relpages AS blocks,
       c.reltuples::float8 AS rows,
       c.relallvisible AS visible,
       c.relallfrozen AS frozen
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_index AS x ON x.indexrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'm', 'f', 'v', 'i', 'I')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY c.oid;
