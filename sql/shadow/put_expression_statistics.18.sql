-- Copy the statistics of an index on the same expressions of the same table to extended statistics. Needs to be
-- superuser.
UPDATE pg_statistic_ext_data AS d
SET stxdexpr = (SELECT array_agg(s ORDER BY s.staattnum) FROM pg_statistic AS s WHERE s.starelid = x.indexrelid)
FROM pg_statistic_ext AS e, pg_index AS x
WHERE d.stxoid = %(oid)s::bigint::oid AND d.stxdinherit = %(inherited)s
  AND e.oid = d.stxoid AND x.indexrelid = %(index)s::regclass AND x.indrelid = e.stxrelid
  AND pg_get_expr(x.indexprs, x.indrelid) = pg_get_expr(e.stxexprs, e.stxrelid)
  AND x.indnatts = (SELECT count(*) FROM pg_statistic AS s WHERE s.starelid = x.indexrelid);
