-- An index and, if it is partitioned, the indexes it consists of. Needs no privilege.
SELECT c.oid::bigint AS oid,
       x.indrelid::bigint AS table,
       c.relkind::text AS kind,
       n.nspname::text AS schema,
       c.relname::text AS name,
       am.amname::text AS method,
       pg_relation_filepath(c.oid) AS path
FROM (SELECT relid FROM pg_partition_tree(%(index)s::regclass) UNION SELECT %(index)s::regclass) AS part
JOIN pg_class AS c ON c.oid = part.relid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_index AS x ON x.indexrelid = c.oid
JOIN pg_am AS am ON am.oid = c.relam
ORDER BY c.relkind, c.oid;
