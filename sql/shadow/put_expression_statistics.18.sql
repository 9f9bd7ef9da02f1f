-- Copy the statistics of an index on the same expressions to extended statistics. Needs to be superuser and
-- allow_system_table_mods.
UPDATE pg_statistic_ext_data
SET stxdexpr = (SELECT array_agg(s ORDER BY s.staattnum) FROM pg_statistic AS s WHERE s.starelid = %(index)s::regclass)
WHERE stxoid = %(oid)s::bigint::oid AND stxdinherit = %(inherited)s;
