-- The extended statistics of a table; no kinds for those of a single expression. Needs no privilege.
SELECT n.nspname::text AS schema,
       s.stxname::text AS name,
       pg_get_statisticsobjdef_columns(s.oid) AS columns,
       (
           SELECT coalesce(array_agg(v.word ORDER BY v.number), '{}')
           FROM unnest(s.stxkind) WITH ORDINALITY AS k (kind, number)
           JOIN (VALUES ('d', 'ndistinct', 1), ('f', 'dependencies', 2), ('m', 'mcv', 3)) AS v (kind, word, number)
               ON v.kind = k.kind::text
       ) AS kinds,
       to_jsonb(s) ->> 'stxstattarget' AS target,
       obj_description(s.oid, 'pg_statistic_ext') AS comment
FROM pg_statistic_ext AS s
JOIN pg_namespace AS n ON n.oid = s.stxnamespace
WHERE s.stxrelid = %(oid)s
ORDER BY n.nspname, s.stxname;
