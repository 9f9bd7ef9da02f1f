-- Privileges on tables and sequences, and on columns (`column` is null for those on the whole). `role` null is PUBLIC.
-- What an owner has by default is not listed. Needs no privilege.
SELECT c.relkind::text AS kind,
       a.column,
       r.rolname::text AS role,
       a.privilege,
       a.grantable
FROM pg_class AS c
CROSS JOIN LATERAL (
    SELECT NULL::text AS column, x.grantee, x.privilege_type::text AS privilege, x.is_grantable AS grantable
    FROM aclexplode(c.relacl) AS x
    UNION ALL
    SELECT t.attname::text, x.grantee, x.privilege_type::text, x.is_grantable
    FROM pg_attribute AS t
    CROSS JOIN LATERAL aclexplode(t.attacl) AS x
    WHERE t.attrelid = c.oid AND NOT t.attisdropped
) AS a
LEFT JOIN pg_roles AS r ON r.oid = a.grantee
WHERE c.oid = %(oid)s AND a.grantee <> c.relowner
ORDER BY a.column NULLS FIRST, r.rolname NULLS FIRST, a.privilege;
