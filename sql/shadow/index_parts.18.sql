-- Indexes by name and, of those that are partitioned, the indexes they consist of. Needs no privilege.
SELECT w.name AS wanted,
       c.oid::bigint AS oid,
       x.indrelid::bigint AS table,
       c.relkind::text AS kind,
       n.nspname::text AS schema,
       c.relname::text AS name,
       am.amname::text AS method,
       pg_relation_filepath(c.oid) AS path
FROM unnest(%(indexes)s::text[]) AS w (name)
CROSS JOIN LATERAL (
    SELECT relid FROM pg_partition_tree(w.name::regclass) UNION SELECT w.name::regclass
) AS part
JOIN pg_class AS c ON c.oid = part.relid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_index AS x ON x.indexrelid = c.oid
JOIN pg_am AS am ON am.oid = c.relam
ORDER BY w.name, c.relkind, c.oid;
