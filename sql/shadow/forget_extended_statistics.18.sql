-- Remove what there is of an extended statistics object's data. Needs to be superuser.
DELETE FROM pg_statistic_ext_data WHERE stxoid = %(oid)s::bigint::oid AND stxdinherit = %(inherited)s;
