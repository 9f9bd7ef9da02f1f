-- The settings on which the meaning of a statement depends, the tables with row security, and the enums. Needs no
-- privilege.
SELECT current_setting('TimeZone') AS time_zone,
       current_setting('transform_null_equals')::boolean AS null_equals,
       (
           SELECT coalesce(json_agg(json_build_array(n.nspname, c.relname) ORDER BY n.nspname, c.relname), '[]')
           FROM pg_class AS c
           JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE c.relrowsecurity
       ) AS policed,
       (
           SELECT coalesce(json_agg(json_build_array(n.nspname, t.typname) ORDER BY n.nspname, t.typname), '[]')
           FROM pg_type AS t
           JOIN pg_namespace AS n ON n.oid = t.typnamespace
           WHERE t.typtype = 'e'
       ) AS enums;
