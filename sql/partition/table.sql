-- The table that a name means, by the search path where it has no schema. Needs no privilege.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = %(table)s::regclass;
