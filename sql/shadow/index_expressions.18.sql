-- The expressions in these indexes, as statistics objects write them. Needs no privilege.
SELECT x.indexrelid::bigint AS index,
       k::int AS attribute,
       inn.nspname::text AS index_schema,
       i.relname::text AS index_name,
       x.indrelid::bigint AS table,
       n.nspname::text AS schema,
       t.relname::text AS name,
       x.indpred IS NOT NULL AS is_partial,
       CASE WHEN d.text LIKE '(%%' THEN substr(d.text, 2, length(d.text) - 2) ELSE d.text END AS expression
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_namespace AS inn ON inn.oid = i.relnamespace
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
CROSS JOIN LATERAL generate_series(1, x.indnkeyatts) AS k
CROSS JOIN LATERAL pg_get_indexdef(x.indexrelid, k, false) AS d (text)
WHERE x.indexrelid = ANY (%(indexes)s::bigint[]::oid[]) AND x.indkey[k - 1] = 0
ORDER BY x.indexrelid, k;
