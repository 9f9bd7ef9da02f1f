-- The list of most common combinations of a table's statistics object, taken apart and as stored. Needs to be superuser.
SELECT i.values AS combination, d.stxdmcv::bytea AS stored
FROM pg_statistic_ext AS s
JOIN pg_statistic_ext_data AS d ON d.stxoid = s.oid
CROSS JOIN LATERAL pg_mcv_list_items(d.stxdmcv) AS i
WHERE s.stxrelid = %(table)s::regclass
ORDER BY i.index;
