-- Names that a new table of a schema cannot have. Needs no privilege.
SELECT c.relname::text AS name
FROM pg_class AS c
WHERE c.relnamespace = (SELECT n.oid FROM pg_namespace AS n WHERE n.nspname = %(schema)s)
UNION
SELECT t.typname::text
FROM pg_type AS t
WHERE t.typnamespace = (SELECT n.oid FROM pg_namespace AS n WHERE n.nspname = %(schema)s);
