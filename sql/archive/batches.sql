-- The batches of a policy in the order they were begun; of all where it is null; one by its id. Needs SELECT on schema dbopt.
SELECT id, policy, schema_name, table_name, relation_schema, relation_name, relation::bigint AS relation, way, state,
       destination, ARRAY(SELECT p.path FROM dbopt.archive_path AS p WHERE p.batch = b.id ORDER BY p.id) AS paths, manifest, checksum, lower, upper, rows, bytes, seconds, published, done_at, expires_at
FROM dbopt.archive_batch AS b
WHERE (%(policy)s::text IS NULL OR policy = %(policy)s) AND (%(id)s::bigint IS NULL OR id = %(id)s)
ORDER BY id;
