-- Tables on which policies of row security hold for a role: it neither owns them nor bypasses row security. Needs no
-- privilege.
SELECT n.nspname::text AS schema, c.relname::text AS name
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_roles AS r ON r.rolname = %(role)s
WHERE c.relrowsecurity
  AND NOT r.rolsuper
  AND NOT r.rolbypassrls
  AND (c.relforcerowsecurity OR NOT pg_has_role(r.oid, c.relowner, 'USAGE'))
ORDER BY n.nspname, c.relname;
