-- The schemas of the session's search_path that another role may use. Needs no privilege.
SELECT coalesce(array_agg(p.schema::text ORDER BY p.position), '{}') AS search_path
FROM unnest(current_schemas(false)) WITH ORDINALITY AS p (schema, position)
WHERE has_schema_privilege(%(role)s, p.schema, 'USAGE');
