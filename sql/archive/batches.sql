-- The batches of a policy in the order they were begun; of all where it is null; one by its id. Times are in
-- microseconds since 1970, whatever DateStyle says. Needs SELECT on schema dbopt.
SELECT id, policy, schema_name, table_name, relation_schema, relation_name, relation::bigint AS relation, way, state,
       destination, paths, manifest, checksum, lower, upper, rows, bytes, seconds, published,
       floor(extract(epoch FROM done_at) * 1000000)::bigint AS done_us,
       floor(extract(epoch FROM expires_at) * 1000000)::bigint AS expires_us
FROM dbopt.archive_batch
WHERE (%(policy)s::text IS NULL OR policy = %(policy)s) AND (%(id)s::bigint IS NULL OR id = %(id)s)
ORDER BY id;
