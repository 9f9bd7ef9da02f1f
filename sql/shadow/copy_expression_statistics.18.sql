-- Give statistics objects on one expression each the statistics of an index's attribute on the same. Needs to be
-- superuser.
INSERT INTO pg_statistic_ext_data (stxoid, stxdinherit, stxdexpr)
SELECT e.oid, false, ARRAY[s]
FROM unnest(%(objects)s::text[], %(indexes)s::bigint[], %(attributes)s::int[]) AS w (object, index, attribute)
JOIN pg_index AS x ON x.indexrelid = w.index::oid
JOIN pg_statistic_ext AS e ON e.stxname = w.object AND e.stxrelid = x.indrelid
JOIN pg_statistic AS s ON s.starelid = x.indexrelid AND s.staattnum = w.attribute
CROSS JOIN LATERAL pg_get_indexdef(x.indexrelid, w.attribute, false) AS d (text)
WHERE pg_get_statisticsobjdef_expressions(e.oid)
      = ARRAY[CASE WHEN d.text LIKE '(%%' THEN substr(d.text, 2, length(d.text) - 2) ELSE d.text END];
