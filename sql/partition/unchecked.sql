-- Foreign keys of a table, of its partitions, and of others towards it, that still are NOT VALID. Needs no privilege.
SELECT n.nspname::text AS schema,
       c.relname::text AS "table",
       k.conname::text AS name
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND NOT k.convalidated AND k.conparentid = 0
  AND (
      k.conrelid = %(table)s::regclass
      OR k.confrelid = %(table)s::regclass
      OR k.conrelid IN (SELECT t.relid FROM pg_partition_tree(%(table)s::regclass) AS t)
  )
ORDER BY n.nspname, c.relname, k.conname;
