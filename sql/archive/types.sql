-- What types are, by their names: domains as what they stand for in the end. `element` is the type of an array's elements,
-- `labels` are those of an enum in its order. A name that is none is left out. Needs no privilege.
WITH RECURSIVE chain AS (
    SELECT n.name, to_regtype(n.name)::oid AS type
    FROM unnest(%(names)s::text[]) AS n (name)
    UNION ALL
    SELECT c.name, t.typbasetype
    FROM chain AS c
    JOIN pg_type AS t ON t.oid = c.type AND t.typtype = 'd'
)
SELECT c.name,
       CASE WHEN n.nspname = 'pg_catalog' OR t.typname = 'citext' THEN t.typname::text END AS base,
       t.typtype::text AS kind,
       CASE WHEN t.typcategory = 'A' THEN pg_catalog.format_type(t.typelem, NULL) END AS element,
       coalesce((SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = t.oid),
                '{}') AS labels
FROM chain AS c
JOIN pg_type AS t ON t.oid = c.type AND t.typtype <> 'd'
JOIN pg_namespace AS n ON n.oid = t.typnamespace;
