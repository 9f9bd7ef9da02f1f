-- Tables that hold something and were never analysed, or of which many rows changed since: twice what makes autovacuum
-- analyse a table (50 rows and a tenth of it); the worst first. Needs no privilege.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       c.reltuples < 0 AS never_analysed,
       s.n_mod_since_analyze AS changed_rows
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_stat_all_tables AS s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'm')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT starts_with(n.nspname::text, 'pg_temp_')
  AND (
      CASE WHEN c.reltuples < 0 THEN pg_relation_size(c.oid) > 0 END
      OR s.n_mod_since_analyze > 100 + 0.2 * greatest(c.reltuples, 0)
  )
ORDER BY c.reltuples < 0 DESC, s.n_mod_since_analyze DESC, 1, 2;
