-- Whether there is a schema, and whether this role may make it, or tables in it. Needs no privilege.
SELECT n.oid IS NOT NULL AS is_there,
       coalesce(has_schema_privilege(n.oid, 'CREATE'), false) AS may_create,
       has_database_privilege(current_database(), 'CREATE') AS may_make,
       current_user::text AS role
FROM (SELECT %(schema)s::text AS name) AS wanted
LEFT JOIN pg_namespace AS n ON n.nspname = wanted.name;
