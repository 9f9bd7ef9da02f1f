-- Whether a table has a trigger that fires always, also for replicated changes; of a partitioned table, whether all of its
-- partitions have it, too. Needs no privilege.
SELECT count(*) > 0 AND bool_and(t.tgenabled = 'A') IS TRUE
       AND count(*) = (
           SELECT greatest(count(*), 1)
           FROM pg_partition_tree(%(table)s::regclass) AS p
           JOIN pg_class AS c ON c.oid = p.relid
           WHERE c.relkind IN ('r', 'p')
       ) AS is_on
FROM pg_trigger AS t
WHERE t.tgname = %(trigger)s
  AND (
      t.tgrelid = %(table)s::regclass
      OR t.tgrelid IN (SELECT p.relid FROM pg_partition_tree(%(table)s::regclass) AS p)
  );
