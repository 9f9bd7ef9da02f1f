-- What maintenance left of each table: pages that are known to be all visible, statistics, rows that changed since, and
-- what became of updates. Counts are those since the statistics were reset. Needs no privilege; of a table that the role
-- may not read, has_statistics is unknown. Whether the visibility map is of any use, only ordinary tables can tell.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind,
       c.relpages AS blocks,
       c.relallvisible AS visible_blocks,
       c.reltuples::float8 AS rows,
       coalesce(c.reloptions, '{}')::text[] AS options,
       CASE
           WHEN has_table_privilege(c.oid, 'SELECT') AND NOT c.relrowsecurity THEN EXISTS (
               SELECT FROM pg_stats AS st WHERE st.schemaname = n.nspname AND st.tablename = c.relname
           )
       END AS has_statistics,
       coalesce(s.n_live_tup, 0) AS live,
       coalesce(s.n_dead_tup, 0) AS dead,
       coalesce(s.n_mod_since_analyze, 0) AS modified,
       coalesce(s.n_tup_ins, 0) AS inserted,
       coalesce(s.n_tup_upd, 0) AS updated,
       coalesce(s.n_tup_hot_upd, 0) AS updated_hot,
       coalesce(s.n_tup_del, 0) AS deleted,
       (to_jsonb(s) ->> 'n_tup_newpage_upd')::bigint AS updated_elsewhere,
       coalesce(s.last_vacuum, s.last_autovacuum) IS NOT NULL AS was_vacuumed
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_all_tables AS s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'p', 'm')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT pg_is_other_temp_schema(n.oid)
ORDER BY n.nspname, c.relname;
