-- Tables that an ended run of `partition maintain` left, by their comments.
-- Needs no privilege.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       substr(d.description, length(%(mark)s) + 1)::bigint AS parent
FROM pg_description AS d
JOIN pg_class AS c ON c.oid = d.objoid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE d.classoid = 'pg_class'::regclass
  AND d.objsubid = 0
  AND d.description ~ ('^' || %(mark)s || '[0-9]+$')
  AND c.relname = 'dbopt_moving_' || substr(d.description, length(%(mark)s) + 1)
ORDER BY n.nspname, c.relname;
