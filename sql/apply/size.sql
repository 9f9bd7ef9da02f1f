-- Bytes of an index on disk, of all its partitions where it has some. Needs no privilege.
SELECT coalesce(
           (SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree(to_regclass(%(index)s))),
           pg_relation_size(to_regclass(%(index)s))
       )::bigint AS bytes;
