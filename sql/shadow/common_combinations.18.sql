-- The list of most common combinations of all columns of another session's temporary table, taken apart and as stored.
-- Needs to be superuser.
SELECT i.values AS combination, d.stxdmcv::bytea AS stored
FROM pg_class AS c
JOIN pg_statistic_ext AS s ON s.stxrelid = c.oid
JOIN pg_statistic_ext_data AS d ON d.stxoid = s.oid
CROSS JOIN LATERAL pg_mcv_list_items(d.stxdmcv) AS i
WHERE c.relname = %(table)s AND c.relpersistence = 't' AND s.stxexprs IS NULL
  AND ARRAY(SELECT unnest(s.stxkeys::int2[])) = ARRAY(SELECT n::int2 FROM generate_series(1, %(columns)s::int) AS n)
ORDER BY i.index;
