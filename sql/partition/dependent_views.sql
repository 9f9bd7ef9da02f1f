-- Views that name a table directly, with their queries. Needs no privilege.
SELECT DISTINCT n.nspname::text AS schema,
       v.relname::text AS name,
       pg_get_viewdef(v.oid) AS query,
       coalesce(array_to_string(v.reloptions, ', '), '') AS options
FROM pg_depend AS d
JOIN pg_rewrite AS r ON r.oid = d.objid
JOIN pg_class AS v ON v.oid = r.ev_class AND v.relkind = 'v'
JOIN pg_namespace AS n ON n.oid = v.relnamespace
WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
  AND d.refobjid = %(table)s::regclass
ORDER BY 1, 2;
