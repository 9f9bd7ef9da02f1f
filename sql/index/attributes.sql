-- What is known of the columns and expressions in these indexes, key columns first. Needs SELECT on the tables.
SELECT x.indexrelid::bigint AS index,
       x.indrelid::bigint AS table,
       x.indisunique AS is_unique,
       i.reltuples::float8 AS rows,
       am.amname::text AS method,
       k <= x.indnkeyatts AS is_key,
       ia.attlen::int AS length,
       ia.attalign::text AS alignment,
       (SELECT o.opcname::text FROM pg_opclass AS o WHERE o.oid = x.indclass[least(k, x.indnkeyatts) - 1]) AS opclass,
       h.reltuples::float8 AS table_rows,
       CASE WHEN k = 1 AND EXISTS (
           SELECT FROM pg_statistic_ext AS e WHERE e.stxrelid = x.indrelid AND 'd' = ANY (e.stxkind)
       ) THEN (
           SELECT min((v.n_distinct::text::json ->> w.keys)::float8)
           FROM pg_stats_ext AS v
           JOIN pg_namespace AS n ON n.nspname = v.schemaname
           CROSS JOIN (
               SELECT string_agg(key::text, ', ' ORDER BY key) AS keys
               FROM unnest((x.indkey::int2[])[:x.indnkeyatts - 1]) AS key
           ) AS w
           WHERE n.oid = h.relnamespace AND v.tablename = h.relname
       ) END AS keys_distinct,
       -- an expression's values have a long header where ANALYZE measures them, and a short one in an index
       greatest(coalesce(s.avg_width, 0) - CASE WHEN a.attname IS NULL AND ia.attlen = -1 AND s.avg_width < 130
                                                THEN 3 ELSE 0 END, 0)::int AS avg_width,
       coalesce(s.null_frac, 0)::float8 AS null_fraction,
       coalesce(s.n_distinct, 0)::float8 AS n_distinct,
       coalesce(s.most_common_freqs, '{}')::float8[] AS frequencies,
       EXISTS (
           SELECT FROM pg_amproc AS p
           JOIN pg_opclass AS o ON o.opcfamily = p.amprocfamily AND o.opcintype = p.amproclefttype
           WHERE o.oid = x.indclass[k - 1] AND p.amprocnum = 4 AND am.amname = 'btree'
             AND p.amproclefttype = p.amprocrighttype
       ) AND coalesce(l.collisdeterministic, true) AS equal_images,
       EXISTS (
           SELECT FROM unnest(coalesce(i.reloptions, '{}')) AS option WHERE option = 'deduplicate_items=off'
       ) AS deduplication_off,
       (
           SELECT split_part(option, '=', 2)::int
           FROM unnest(coalesce(i.reloptions, '{}')) AS option WHERE option LIKE 'fillfactor=%%'
       ) AS fillfactor,
       (
           SELECT split_part(option, '=', 2)::int
           FROM unnest(coalesce(i.reloptions, '{}')) AS option WHERE option LIKE 'pages_per_range=%%'
       ) AS pages_per_range
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_class AS h ON h.oid = x.indrelid
JOIN pg_am AS am ON am.oid = i.relam
CROSS JOIN LATERAL generate_series(1, x.indnatts) AS k
JOIN pg_attribute AS ia ON ia.attrelid = x.indexrelid AND ia.attnum = k
LEFT JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k - 1] AND a.attnum > 0
LEFT JOIN pg_class AS t ON t.oid = CASE WHEN a.attname IS NULL THEN x.indexrelid ELSE x.indrelid END
LEFT JOIN LATERAL (
    SELECT s.*
    FROM pg_stats AS s
    JOIN pg_namespace AS n ON n.nspname = s.schemaname
    WHERE n.oid = t.relnamespace AND s.tablename = t.relname AND s.attname = coalesce(a.attname, ia.attname)
    ORDER BY s.inherited
    LIMIT 1
) AS s ON true
LEFT JOIN pg_collation AS l ON l.oid = x.indcollation[least(k, x.indnkeyatts) - 1]
WHERE x.indexrelid = ANY (%(indexes)s::bigint[]::oid[])
ORDER BY x.indexrelid, k;
