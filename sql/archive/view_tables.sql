-- The tables that a view reads, by its definition and those of views in it. Needs no privilege.
WITH RECURSIVE used AS (
    SELECT %(oid)s::oid AS oid
    UNION
    SELECT d.refobjid
    FROM used AS u
    JOIN pg_rewrite AS r ON r.ev_class = u.oid
    JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
)
SELECT n.nspname::text AS schema, c.relname::text AS name
FROM used AS u
JOIN pg_class AS c ON c.oid = u.oid AND c.relkind IN ('r', 'p')
JOIN pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY 1, 2;
