-- The partitions of a table, with their bounds as the server writes them: in UTC, if the session is. Needs no privilege.
SELECT c.oid::bigint AS oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       pg_get_expr(c.relpartbound, c.oid) AS bound,
       c.relkind::text AS kind,
       greatest(c.reltuples, 0)::bigint AS rows,
       pg_total_relation_size(c.oid) AS bytes
FROM pg_inherits AS i
JOIN pg_class AS c ON c.oid = i.inhrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.inhparent = %(oid)s::oid AND NOT i.inhdetachpending
ORDER BY c.relname;
