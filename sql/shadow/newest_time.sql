-- The newest point in time in the data that is not in the future, to the full hour above, by the statistics of all
-- columns of times. Needs SELECT on the columns.
SELECT to_char((date_trunc('hour', max(found.value)) + interval '1 hour') AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS+00')
       AS newest
FROM pg_stats AS s
JOIN pg_namespace AS n ON n.nspname = s.schemaname
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = s.tablename
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = s.attname
CROSS JOIN LATERAL unnest(
    CASE WHEN a.atttypid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
         THEN coalesce(s.histogram_bounds::text::timestamptz[], '{}') || coalesce(s.most_common_vals::text::timestamptz[], '{}')
    END
) AS found (value)
WHERE s.schemaname NOT IN ('pg_catalog', 'information_schema') AND isfinite(found.value) AND found.value <= now();
