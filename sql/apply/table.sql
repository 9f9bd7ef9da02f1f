-- The relation that a name means on this search_path, and whether this role may build an index on it. Needs USAGE on a
-- schema that the name gives.
SELECT c.oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind,
       pg_get_userbyid(c.relowner)::text AS owner,
       pg_has_role(c.relowner, 'USAGE') AS is_owned,
       has_schema_privilege(n.oid, 'CREATE') AS may_create
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass(%(relation)s);
