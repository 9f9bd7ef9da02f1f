-- Who else than its owner may do what with a table or its columns; no grantee is PUBLIC. Needs no privilege.
SELECT g.rolname::text AS grantee, acl.privilege_type AS privilege, acl.is_grantable, NULL AS "column"
FROM pg_class AS c
CROSS JOIN aclexplode(c.relacl) AS acl
LEFT JOIN pg_roles AS g ON g.oid = acl.grantee
WHERE c.oid = %(oid)s AND acl.grantee <> c.relowner
UNION ALL
SELECT g.rolname::text, acl.privilege_type, acl.is_grantable, a.attname::text
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
CROSS JOIN aclexplode(a.attacl) AS acl
LEFT JOIN pg_roles AS g ON g.oid = acl.grantee
WHERE c.oid = %(oid)s AND acl.grantee <> c.relowner
ORDER BY "column" NULLS FIRST, grantee NULLS FIRST, privilege;
