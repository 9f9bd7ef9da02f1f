-- Extended statistics objects of the shadow with their tables' attribute numbers. Needs no privilege.
SELECT s.oid::bigint AS oid,
       n.nspname::text AS schema,
       s.stxname::text AS name,
       pg_get_statisticsobjdef_expressions(s.oid) AS expressions,
       (
           SELECT json_object_agg(a.attname, a.attnum)
           FROM pg_attribute AS a
           WHERE a.attrelid = s.stxrelid AND a.attnum > 0 AND NOT a.attisdropped
       ) AS attributes
FROM pg_statistic_ext AS s
JOIN pg_namespace AS n ON n.oid = s.stxnamespace;
