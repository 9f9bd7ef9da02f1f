-- Owners of tables that this role neither is nor is a member of. Needs no privilege.
SELECT pg_get_userbyid(c.relowner)::text AS owner,
       count(*)::int AS tables,
       (SELECT r.rolsuper FROM pg_roles AS r WHERE r.oid = c.relowner) AS is_superuser
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT starts_with(n.nspname::text, 'pg_temp_')
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')
  AND NOT pg_has_role(c.relowner, 'USAGE')
GROUP BY c.relowner
ORDER BY 2 DESC, 1;
