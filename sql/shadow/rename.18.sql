-- Rename relations in the catalog alone. Needs to be superuser and allow_system_table_mods.
UPDATE pg_class AS c
SET relname = w.name
FROM unnest(%(relations)s::bigint[], %(names)s::text[]) AS w (oid, name)
WHERE c.oid = w.oid::oid;
