-- The names of a schema that a new table or its indexes and statistics cannot have. Needs no privilege.
SELECT c.relname::text AS name
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s
UNION
SELECT t.typname::text
FROM pg_type AS t
JOIN pg_namespace AS n ON n.oid = t.typnamespace
WHERE n.nspname = %(schema)s
UNION
SELECT s.stxname::text
FROM pg_statistic_ext AS s
JOIN pg_namespace AS n ON n.oid = s.stxnamespace
WHERE n.nspname = %(schema)s;
