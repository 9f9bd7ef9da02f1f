-- Which of some names tables, indexes or types of a schema have already. Needs no privilege.
SELECT c.relname::text AS name
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%(schemas)s::text[]) AND c.relname = ANY (%(names)s::text[])
UNION
SELECT t.typname::text
FROM pg_type AS t
JOIN pg_namespace AS n ON n.oid = t.typnamespace
WHERE n.nspname = ANY (%(schemas)s::text[]) AND t.typname = ANY (%(names)s::text[])
ORDER BY name;
