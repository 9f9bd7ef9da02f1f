-- Remove the statistics of a column or index expression. Needs to be superuser.
DELETE FROM pg_statistic
WHERE starelid = %(relation)s::bigint::oid AND staattnum = %(number)s::smallint AND stainherit = %(inherited)s;
