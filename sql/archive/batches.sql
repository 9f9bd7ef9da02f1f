-- The batches of a policy in the order they were begun; of all where it is null; one by its id. Times are in
-- microseconds since 1970, whatever DateStyle says. Needs SELECT on schema dbopt.
SELECT b.id, b.policy, b.schema_name, b.table_name, b.relation_schema, b.relation_name, b.relation::bigint AS relation,
       b.way, b.state, b.destination,
       ARRAY(SELECT p.path FROM dbopt.archive_path AS p WHERE p.batch = b.id ORDER BY p.id) AS paths,
       b.manifest, b.checksum, b.lower, b.upper, b.rows, b.bytes, b.seconds, b.published,
       floor(extract(epoch FROM b.done_at) * 1000000)::bigint AS done_us,
       floor(extract(epoch FROM b.expires_at) * 1000000)::bigint AS expires_us
FROM dbopt.archive_batch AS b
WHERE (%(policy)s::text IS NULL OR b.policy = %(policy)s) AND (%(id)s::bigint IS NULL OR b.id = %(id)s)
ORDER BY b.id;
