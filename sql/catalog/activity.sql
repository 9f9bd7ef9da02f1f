-- How many rows were written to each table, and how often it was scanned, since the statistics were reset. Needs no
-- privilege.
SELECT st.schemaname::text AS schema,
       st.relname::text AS name,
       st.n_tup_ins AS inserted,
       st.n_tup_upd AS updated,
       st.n_tup_hot_upd AS updated_hot,
       st.n_tup_del AS deleted,
       coalesce(st.seq_scan, 0) + coalesce(st.idx_scan, 0) AS scans
FROM pg_stat_all_tables AS st
WHERE st.schemaname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY st.schemaname, st.relname;
