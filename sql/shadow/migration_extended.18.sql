-- Extended statistics objects, with a mark that changes when what ANALYZE found does. Needs to be superuser.
SELECT s.oid::bigint AS oid,
       n.nspname::text AS schema,
       s.stxname::text AS name,
       s.stxrelid::bigint AS relation,
       (SELECT json_object_agg(d.stxdinherit, d.xmin::text) FROM pg_statistic_ext_data AS d WHERE d.stxoid = s.oid)
           AS versions
FROM pg_statistic_ext AS s
JOIN pg_namespace AS n ON n.oid = s.stxnamespace
ORDER BY s.oid;
