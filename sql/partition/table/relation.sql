-- A table as a whole: what it is, how it is stored, who owns it. Needs no privilege.
SELECT c.oid::bigint AS oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind,
       c.relpersistence::text AS persistence,
       c.relispartition AS is_partition,
       c.reloftype <> 0 AS is_typed,
       EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = c.oid) AS is_child,
       EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhparent = c.oid) AS has_children,
       EXISTS (SELECT FROM pg_rewrite AS r WHERE r.ev_class = c.oid) AS has_rules,
       EXISTS (
           SELECT FROM pg_seclabel AS s WHERE s.objoid = c.oid AND s.classoid = 'pg_class'::regclass
       ) AS has_labels,
       EXISTS (
           SELECT FROM pg_depend AS d
           WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
       ) AS is_of_extension,
       EXISTS (SELECT FROM pg_subscription_rel AS s WHERE s.srrelid = c.oid) AS is_subscribed,
       pg_get_userbyid(c.relowner)::text AS owner,
       pg_has_role(c.relowner, 'USAGE') AS is_mine,
       row_security_active(c.oid) AS is_hidden,
       c.relrowsecurity AS row_security,
       c.relforcerowsecurity AS force_row_security,
       c.relreplident::text AS replica_identity,
       am.amname::text AS access_method,
       ts.spcname::text AS tablespace,
       coalesce(c.reloptions, '{}') AS options,
       coalesce((SELECT t.reloptions FROM pg_class AS t WHERE t.oid = c.reltoastrelid), '{}') AS toast_options,
       obj_description(c.oid, 'pg_class') AS comment,
       c.reltuples::float8 AS rows
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_am AS am ON am.oid = c.relam
LEFT JOIN pg_tablespace AS ts ON ts.oid = c.reltablespace
WHERE c.oid = %(table)s::regclass;
