-- The partitions of one partitioned table, with their bounds as the server writes them. Needs no privilege; for the
-- bounds to be in UTC, the session must be. Rows of a partition that is partitioned itself are those beneath it.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       pg_get_expr(c.relpartbound, c.oid) AS bound,
       c.relkind = 'p' AS is_partitioned,
       c.relkind = 'f' AS is_foreign,
       i.inhdetachpending AS detach_pending,
       size.rows,
       size.bytes
FROM pg_inherits AS i
JOIN pg_class AS c ON c.oid = i.inhrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT CASE WHEN bool_or(leaf.reltuples < 0) THEN NULL ELSE sum(leaf.reltuples)::bigint END AS rows,
           coalesce(sum(pg_total_relation_size(leaf.oid)), 0)::bigint AS bytes
    FROM pg_partition_tree(c.oid) AS t
    JOIN pg_class AS leaf ON leaf.oid = t.relid
    WHERE t.isleaf AND leaf.relkind <> 'p'
) AS size
WHERE i.inhparent = %(oid)s
ORDER BY c.relname;
