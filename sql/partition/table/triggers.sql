-- The triggers of a table that people made. Needs no privilege.
SELECT t.tgname::text AS name,
       pg_get_triggerdef(t.oid) AS definition,
       t.tgenabled::text AS enabled,
       t.tgtype & 1 = 1 AS is_for_rows,
       t.tgoldtable IS NOT NULL OR t.tgnewtable IS NOT NULL AS has_transition_tables,
       obj_description(t.oid, 'pg_trigger') AS comment
FROM pg_trigger AS t
WHERE t.tgrelid = %(oid)s AND NOT t.tgisinternal AND t.tgparentid = 0
ORDER BY t.tgname;
