-- The table that a name means, by the search path where it has no schema; `oid` is null where there is none.
-- Needs no privilege.
SELECT c.oid::bigint AS oid,
       coalesce(n.nspname::text, CASE WHEN cardinality(p.parts) > 1 THEN p.parts[1] ELSE current_schema()::text END)
           AS schema,
       coalesce(c.relname::text, p.parts[cardinality(p.parts)]) AS name
FROM (SELECT parse_ident(%(table)s) AS parts, to_regclass(%(table)s) AS found) AS p
LEFT JOIN pg_class AS c ON c.oid = p.found
LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace;
