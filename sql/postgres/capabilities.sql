-- What the server is and what this role may do. Needs no privilege; settings that the role may not read are NULL.
SELECT r.rolname::text AS role,
       r.rolsuper AS is_superuser,
       current_database()::text AS database,
       pg_is_in_recovery() AS in_recovery,
       has_database_privilege(current_database(), 'CREATE') AS may_create_schemas,
       has_database_privilege(current_database(), 'TEMPORARY') AS may_create_temporary,
       has_schema_privilege(coalesce(current_schema(), 'pg_catalog'), 'CREATE') AS may_create,
       current_schema()::text AS current_schema,
       ARRAY(
           SELECT g.rolname::text
           FROM pg_roles AS g
           WHERE starts_with(g.rolname::text, 'pg_') AND pg_has_role(g.oid, 'USAGE')
           ORDER BY 1
       ) AS roles,
       (
           SELECT jsonb_object_agg(s.name, s.setting)
           FROM pg_settings AS s
       ) AS settings,
       ARRAY(
           SELECT g.rolname::text FROM pg_roles AS g
           WHERE g.rolname IN ('rds_superuser', 'rdsadmin', 'cloudsqlsuperuser', 'azure_pg_admin', 'alloydbsuperuser',
                               'neon_superuser', 'supabase_admin', 'doadmin', 'aiven_superuser')
           ORDER BY 1
       ) AS provider_roles
FROM pg_roles AS r
WHERE r.rolname = current_user;
