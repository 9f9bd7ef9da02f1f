-- The indexes of a partition, each with the index of the topmost table that it belongs to. Needs no privilege.
SELECT i.relname::text AS name,
       r.relname::text AS root
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_class AS r ON r.oid = coalesce(pg_partition_root(x.indexrelid), x.indexrelid)
WHERE x.indrelid = %(oid)s;
