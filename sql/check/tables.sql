-- What the planner knows of these tables; partitions count for the topmost one. Sees the statistics of the columns that
-- the role may read; needs no other privilege.
WITH wanted AS (
    SELECT c.oid AS root, n.nspname::text AS schema, c.relname::text AS name, w.relation
    FROM unnest(%(relations)s::text[]) AS w (relation)
    JOIN pg_class AS c ON c.oid = to_regclass(w.relation)
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
),
member AS (
    SELECT w.root, coalesce(leaf.relid::oid, w.root) AS oid
    FROM wanted AS w
    LEFT JOIN LATERAL (SELECT relid FROM pg_partition_tree(w.root) WHERE isleaf) AS leaf ON true
)
SELECT w.relation AS name,
       s.rows,
       s.blocks,
       s.partitions,
       s.analysed_blocks,
       ARRAY(
           SELECT DISTINCT st.attname::text
           FROM member AS m
           JOIN pg_class AS c ON c.oid = m.oid
           JOIN pg_namespace AS n ON n.oid = c.relnamespace
           JOIN pg_stats AS st ON st.schemaname = n.nspname AND st.tablename = c.relname
           WHERE m.root = w.root
           ORDER BY 1
       ) AS columns,
       ARRAY(
           SELECT DISTINCT 'statistics on (' || array_to_string(e.attnames || e.exprs, ', ') || '): '
                  || array_to_string(ARRAY(SELECT k FROM unnest(e.kinds::text[]) AS k ORDER BY k), ', ')
           FROM pg_stats_ext AS e
           WHERE e.schemaname = w.schema AND e.tablename = w.name
             AND (e.n_distinct IS NOT NULL OR e.dependencies IS NOT NULL OR e.most_common_vals IS NOT NULL
                  OR e.exprs IS NOT NULL)
           ORDER BY 1
       ) AS extended,
       ARRAY(
           SELECT DISTINCT 'unique ('
                  || (SELECT string_agg(pg_get_indexdef(x.indexrelid, k, true), ', ' ORDER BY k)
                      FROM generate_series(1, x.indnkeyatts) AS k)
                  || ')' || coalesce(' WHERE ' || pg_get_expr(x.indpred, x.indrelid, true), '')
           FROM pg_index AS x
           WHERE x.indrelid = w.root AND x.indisunique AND x.indisvalid
           ORDER BY 1
       ) AS unique_keys,
       ARRAY(
           SELECT DISTINCT pg_get_constraintdef(k.oid, true)
           FROM pg_constraint AS k
           WHERE k.conrelid = w.root AND k.contype = 'f'
           ORDER BY 1
       ) AS foreign_keys,
       ARRAY(
           SELECT DISTINCT 'statistics of ' || pg_get_indexdef(x.indexrelid, k, true)
           FROM member AS m
           JOIN pg_index AS x ON x.indrelid = m.oid AND x.indisvalid AND x.indexprs IS NOT NULL
           JOIN pg_class AS i ON i.oid = x.indexrelid
           JOIN pg_namespace AS n ON n.oid = i.relnamespace
           CROSS JOIN LATERAL generate_series(1, x.indnkeyatts) AS k
           JOIN pg_attribute AS a ON a.attrelid = i.oid AND a.attnum = k
           JOIN pg_stats AS st ON st.schemaname = n.nspname AND st.tablename = i.relname AND st.attname = a.attname
           WHERE m.root = w.root AND x.indkey[k - 1] = 0
           ORDER BY 1
       ) AS expressions
FROM wanted AS w
CROSS JOIN LATERAL (
    SELECT sum(greatest(c.reltuples, 0))::float8 AS rows,
           sum(coalesce(pg_relation_size(c.oid), 0) / current_setting('block_size')::bigint)::bigint AS blocks,
           sum(c.relpages)::bigint AS analysed_blocks,
           count(*) FILTER (WHERE c.oid <> w.root)::int AS partitions
    FROM member AS m
    JOIN pg_class AS c ON c.oid = m.oid
    WHERE m.root = w.root
) AS s
ORDER BY w.relation COLLATE "C";
