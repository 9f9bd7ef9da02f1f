-- Tables that keep long values apart, with how large these are on disk, in bytes. A partitioned table's are those of
-- its partitions. Needs no privilege; waits for an ACCESS EXCLUSIVE lock that another session may hold.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       sum(pg_relation_size(t.reltoastrelid))::bigint AS bytes
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT c.oid AS relid
    WHERE c.relkind <> 'p'
    UNION ALL
    SELECT p.relid
    FROM pg_partition_tree(c.oid) AS p
    WHERE c.relkind = 'p' AND p.isleaf
) AS part
JOIN pg_class AS t ON t.oid = part.relid AND t.reltoastrelid <> 0
WHERE c.relkind IN ('r', 'm', 'p')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT pg_is_other_temp_schema(n.oid)
GROUP BY n.nspname, c.relname
ORDER BY n.nspname, c.relname;
