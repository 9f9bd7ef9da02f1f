-- What a table's twin takes over: pages and rows as the planner has them, and foreign keys. Needs no privilege.
SELECT c.oid::bigint AS oid,
       c.relpages AS blocks,
       c.reltuples::float8 AS rows,
       c.relallvisible AS visible,
       ARRAY(
           SELECT regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '')
           FROM pg_constraint AS k
           WHERE k.conrelid = c.oid AND k.contype = 'f'
           ORDER BY k.conname
       ) AS foreign_keys
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s::text AND c.relname = %(name)s::text;
