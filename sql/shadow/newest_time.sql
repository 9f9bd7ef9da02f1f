-- The newest point in time in the data that is not in the future, to the full hour above, by the statistics of all
-- columns of times. Needs SELECT on the columns, and DateStyle ISO: as text, only years of four digits are read, since no
-- timestamptz holds the last dates.
SELECT to_char((date_trunc('hour', max(CASE WHEN found.is_read THEN found.text::timestamptz END)) + interval '1 hour')
               AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS+00') AS newest
FROM pg_stats AS s
JOIN pg_namespace AS n ON n.nspname = s.schemaname
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = s.tablename
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = s.attname
CROSS JOIN LATERAL (
    SELECT w.text, w.text ~ '^[0-9]{4}-' AND w.text !~ 'BC' AS is_read
    FROM unnest(coalesce(s.histogram_bounds::text::text[], '{}') || coalesce(s.most_common_vals::text::text[], '{}'))
         AS w (text)
    WHERE a.atttypid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
) AS found
WHERE s.schemaname NOT IN ('pg_catalog', 'information_schema')
  AND CASE WHEN found.is_read THEN found.text::timestamptz <= now() END;
