-- Schemas where the role owns tables and may not create an index. Needs no privilege.
SELECT DISTINCT n.nspname::text AS schema
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT starts_with(n.nspname::text, 'pg_temp_')
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')
  AND pg_has_role(c.relowner, 'USAGE')
  AND NOT has_schema_privilege(n.oid, 'CREATE')
ORDER BY 1;
