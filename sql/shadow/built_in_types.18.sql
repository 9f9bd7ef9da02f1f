-- Which of these names are types that every server has, and how they are written. Needs no privilege.
SELECT w.name AS wanted, format_type(t.oid, NULL) AS name
FROM unnest(%(names)s::text[]) AS w (name)
JOIN pg_type AS t ON t.oid = to_regtype(w.name) AND t.oid < 16384
WHERE t.typtype = 'b';
