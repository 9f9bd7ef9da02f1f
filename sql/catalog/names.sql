-- Names that a new index cannot have, besides those of tables, views and indexes: of sequences and composite types.
-- Needs no privilege.
SELECT n.nspname::text AS schema,
       c.relname::text AS name
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('S', 'c')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT pg_is_other_temp_schema(n.oid)
ORDER BY n.nspname, c.relname;
