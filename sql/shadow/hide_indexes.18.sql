-- Make the planner overlook these indexes. Needs to be superuser and allow_system_table_mods.
UPDATE pg_index SET indislive = false WHERE indexrelid = ANY (%(indexes)s::bigint[]::oid[]);
