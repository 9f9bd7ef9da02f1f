-- The row security policies of a table. Needs no privilege.
SELECT p.polname::text AS name,
       p.polpermissive AS is_permissive,
       CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
                     ELSE 'ALL' END AS command,
       (
           SELECT array_agg(coalesce(r.rolname::text, 'public') ORDER BY r.rolname)
           FROM unnest(p.polroles) AS u (role)
           LEFT JOIN pg_roles AS r ON r.oid = u.role
       ) AS roles,
       pg_get_expr(p.polqual, p.polrelid) AS condition,
       pg_get_expr(p.polwithcheck, p.polrelid) AS new_condition,
       obj_description(p.oid, 'pg_policy') AS comment
FROM pg_policy AS p
WHERE p.polrelid = %(oid)s
ORDER BY p.polname;
