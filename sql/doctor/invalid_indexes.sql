-- Invalid indexes that nobody is building: of tables, since the index of a partitioned table is invalid until all its
-- partitions have theirs. Needs no privilege; pg_read_all_stats to see the builds of other roles.
SELECT n.nspname::text AS schema, c.relname::text AS name
FROM pg_index AS x
JOIN pg_class AS c ON c.oid = x.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT x.indisvalid
  AND c.relkind = 'i'
  AND n.nspname <> 'pg_toast'
  AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = x.indexrelid)
  AND NOT EXISTS (
      SELECT FROM pg_locks AS l
      WHERE l.relation = x.indrelid AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted
        AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
  )
ORDER BY 1, 2;
