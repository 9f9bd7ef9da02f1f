-- Extended statistics objects of the shadow: their columns and expressions in stored order, and their tables' attribute
-- numbers. Needs no privilege.
SELECT s.oid::bigint AS oid,
       n.nspname::text AS schema,
       s.stxname::text AS name,
       pg_get_statisticsobjdef_expressions(s.oid) AS expressions,
       ARRAY(
           SELECT a.attname::text
           FROM unnest(s.stxkeys::int2[]) WITH ORDINALITY AS k (attnum, place)
           JOIN pg_attribute AS a ON a.attrelid = s.stxrelid AND a.attnum = k.attnum
           ORDER BY k.place
       ) AS columns,
       (
           SELECT json_object_agg(a.attname, a.attnum)
           FROM pg_attribute AS a
           WHERE a.attrelid = s.stxrelid AND a.attnum > 0 AND NOT a.attisdropped
       ) AS attributes
FROM pg_statistic_ext AS s
JOIN pg_namespace AS n ON n.oid = s.stxnamespace;
