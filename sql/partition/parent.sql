-- What a partitioned table hands on to its partitions: owner, key, columns (those that are computed apart), the columns
-- of its primary key, privileges (none, where row security would not hold for who asks partitions directly). Needs no
-- privilege.
SELECT c.oid::bigint AS oid,
       pg_get_userbyid(c.relowner)::text AS owner,
       pg_get_userbyid(c.relowner) <> current_user AS is_anothers,
       pg_get_partkeydef(c.oid) AS partition_by,
       (
           SELECT array_agg(a.attname::text ORDER BY a.attnum)
           FROM pg_attribute AS a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
       ) AS columns,
       (
           SELECT array_agg(a.attname::text ORDER BY a.attnum)
           FROM pg_index AS i
           JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
           WHERE i.indrelid = c.oid AND i.indisprimary
       ) AS primary_key,
       coalesce((
           SELECT json_agg(json_build_object(
               'privilege', granted.privilege_type,
               'grantee', CASE WHEN granted.grantee <> 0 THEN pg_get_userbyid(granted.grantee) END,
               'column', granted.attname,
               'grantable', granted.is_grantable
           ))
           FROM (
               SELECT acl.grantee, acl.privilege_type, acl.is_grantable, NULL::name AS attname
               FROM aclexplode(c.relacl) AS acl
               UNION ALL
               SELECT acl.grantee, acl.privilege_type, acl.is_grantable, a.attname
               FROM pg_attribute AS a
               CROSS JOIN LATERAL aclexplode(a.attacl) AS acl
               WHERE a.attrelid = c.oid AND NOT a.attisdropped
           ) AS granted
           WHERE granted.grantee <> c.relowner AND NOT c.relrowsecurity
       ), '[]') AS privileges
FROM pg_class AS c
WHERE c.oid = %(table)s::regclass;
