-- The archive tables of this database, of one policy or of all where that is null; `oid` is null for one that is not there
-- any more. Needs SELECT on schema dbopt.
SELECT t.policy, t.schema_name, t.table_name, t.archive_schema, t.archive_name, t.view_name, t.view_sql,
       c.oid::bigint AS oid,
       EXISTS (SELECT
               FROM pg_class AS v
               WHERE v.relnamespace = n.oid AND v.relname = t.view_name AND v.relkind = 'v') AS has_view
FROM dbopt.archive_table AS t
LEFT JOIN pg_namespace AS n ON n.nspname = t.archive_schema
LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.archive_name AND c.relkind = 'r'
WHERE %(policy)s::text IS NULL OR t.policy = %(policy)s
ORDER BY t.policy, t.archive_schema;
