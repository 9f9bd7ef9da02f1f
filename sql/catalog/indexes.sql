-- Indexes with their keys, what they enforce and how often they were read. An invalid one whose table is locked as a
-- concurrent build does, or whose partitions are still to be attached, may become valid. Needs no privilege. What
-- would wait for a table that another session has locked exclusively is left out.
WITH locked AS MATERIALIZED (
    SELECT k.relation
    FROM pg_locks AS k
    JOIN pg_database AS d ON d.oid = k.database AND d.datname = current_database()
    WHERE k.mode = 'AccessExclusiveLock' AND k.granted AND k.pid <> pg_backend_pid() AND k.relation IS NOT NULL
)
SELECT n.nspname::text AS schema,
       i.relname::text AS name,
       tn.nspname::text AS table_schema,
       t.relname::text AS table_name,
       am.amname::text AS method,
       x.indisunique AS is_unique,
       x.indisprimary AS is_primary,
       x.indisvalid AND x.indislive AS is_valid,
       t.relkind = 'p' OR EXISTS (
           SELECT FROM pg_locks AS k
           JOIN pg_database AS d ON d.oid = k.database AND d.datname = current_database()
           WHERE k.relation = t.oid AND k.mode = 'ShareUpdateExclusiveLock' AND NOT x.indisvalid
       ) AS may_become_valid,
       x.indisreplident OR x.indisclustered AS is_marked,
       NOT x.indimmediate AS is_deferrable,
       con.conname::text AS constraint_name,
       EXISTS (SELECT FROM pg_constraint AS fk WHERE fk.conindid = i.oid AND fk.contype = 'f') AS is_referenced,
       pn.nspname::text AS parent_schema,
       p.relname::text AS parent_name,
       i.relpages AS blocks,
       i.reltuples::float8 AS rows,
       st.idx_scan AS scans,
       CASE
           WHEN x.indpred IS NULL THEN ''
           WHEN l.relation IS NOT NULL THEN '?'
           ELSE pg_get_expr(x.indpred, x.indrelid, true)
       END AS predicate,
       CASE WHEN l.relation IS NULL THEN pg_get_indexdef(i.oid) ELSE '' END AS definition,
       coalesce(i.reloptions, '{}')::text[] AS options,
       (
           SELECT jsonb_agg(jsonb_build_object(
                      'sql', CASE
                          WHEN l.relation IS NULL THEN pg_get_indexdef(i.oid, k, true)
                          ELSE coalesce(quote_ident(a.attname), '?')
                      END,
                      'column', a.attname,
                      'descending', x.indoption[k - 1] & 1 = 1,
                      'nulls_first', x.indoption[k - 1] & 2 = 2,
                      'opclass', CASE WHEN NOT oc.opcdefault THEN oc.opcname END,
                      'collation', CASE WHEN c.oid <> coalesce(a.attcollation, 0) THEN c.collname END
                  ) ORDER BY k)
           FROM generate_series(1, x.indnkeyatts) AS k
           LEFT JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k - 1] AND a.attnum > 0
           LEFT JOIN pg_opclass AS oc ON oc.oid = x.indclass[k - 1]
           LEFT JOIN pg_collation AS c ON c.oid = x.indcollation[k - 1] AND a.attname IS NOT NULL
       ) AS keys,
       (
           SELECT coalesce(array_agg(a.attname::text ORDER BY k), '{}')
           FROM generate_series(x.indnkeyatts + 1, x.indnatts) AS k
           JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k - 1]
       ) AS include
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_namespace AS n ON n.oid = i.relnamespace
JOIN pg_am AS am ON am.oid = i.relam
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
LEFT JOIN pg_constraint AS con ON con.conindid = i.oid AND con.conrelid = t.oid AND con.contype IN ('p', 'u', 'x')
LEFT JOIN pg_inherits AS h ON h.inhrelid = i.oid
LEFT JOIN pg_class AS p ON p.oid = h.inhparent
LEFT JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
LEFT JOIN (SELECT DISTINCT locked.relation FROM locked) AS l ON l.relation IN (t.oid, i.oid)
LEFT JOIN pg_stat_all_indexes AS st ON st.indexrelid = i.oid
WHERE t.relkind IN ('r', 'p', 'm')
  AND tn.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT pg_is_other_temp_schema(tn.oid)
ORDER BY tn.nspname, t.relname, i.relname;
