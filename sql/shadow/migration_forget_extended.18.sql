-- Remove what ANALYZE found for an extended statistics object. Needs to be superuser and allow_system_table_mods.
DELETE FROM pg_statistic_ext_data WHERE stxoid = %(oid)s::bigint::oid AND stxdinherit = %(inherited)s;
