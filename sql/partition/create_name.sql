-- What a name means, by the search path where it has no schema, whether or not there is such a table; and what time it
-- is, in microseconds since 1970. Needs no privilege.
SELECT coalesce(n.nspname::text, CASE WHEN cardinality(p.parts) > 1 THEN p.parts[1] ELSE current_schema()::text END)
           AS schema,
       coalesce(c.relname::text, p.parts[cardinality(p.parts)]) AS name,
       c.oid::bigint AS oid,
       c.relkind::text AS kind,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now_us
FROM (SELECT parse_ident(%(table)s) AS parts, to_regclass(%(table)s) AS found) AS p
LEFT JOIN pg_class AS c ON c.oid = p.found
LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace;
