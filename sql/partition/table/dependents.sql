-- What depends on a table, or on its row type, and is not part of it: views (with how to write them anew), functions
-- with a body in SQL, and others by their descriptions. Needs no privilege.
WITH dependent AS (
    SELECT DISTINCT
           d.classid, d.objid, d.refclassid = 'pg_type'::regclass AS by_row_type
    FROM pg_depend AS d
    JOIN pg_class AS c ON c.oid = %(oid)s
    WHERE d.deptype = 'n'
      AND (
          d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
          OR d.refclassid = 'pg_type'::regclass
          AND d.refobjid IN (c.reltype, (SELECT t.typarray FROM pg_type AS t WHERE t.oid = c.reltype))
      )
)
SELECT CASE
           WHEN v.relkind = 'v' AND NOT d.by_row_type THEN 'view'
           WHEN v.relkind = 'm' THEN 'materialized view'
           WHEN d.classid = 'pg_proc'::regclass AND NOT d.by_row_type THEN 'function'
           ELSE 'other'
       END AS kind,
       d.by_row_type,
       coalesce(pg_describe_object('pg_class'::regclass, v.oid, 0), pg_describe_object(d.classid, d.objid, 0)) AS label,
       vn.nspname::text AS schema,
       v.relname::text AS name,
       coalesce(v.reloptions, '{}') AS options,
       CASE
           WHEN v.relkind = 'v' THEN pg_get_viewdef(v.oid)
           WHEN d.classid = 'pg_proc'::regclass THEN pg_get_functiondef(d.objid)
       END AS definition
FROM dependent AS d
LEFT JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
LEFT JOIN pg_class AS v ON v.oid = r.ev_class
LEFT JOIN pg_namespace AS vn ON vn.oid = v.relnamespace
WHERE NOT (d.classid = 'pg_constraint'::regclass)
  AND NOT (d.classid = 'pg_policy'::regclass AND EXISTS (
      SELECT FROM pg_policy AS p WHERE p.oid = d.objid AND p.polrelid = %(oid)s
  ))
  AND NOT (d.classid = 'pg_trigger'::regclass AND EXISTS (
      SELECT FROM pg_trigger AS t WHERE t.oid = d.objid AND t.tgrelid = %(oid)s
  ))
  AND NOT (d.classid = 'pg_publication_rel'::regclass)
  AND NOT (d.classid = 'pg_attrdef'::regclass AND EXISTS (
      SELECT FROM pg_attrdef AS e WHERE e.oid = d.objid AND e.adrelid = %(oid)s
  ))
  AND coalesce(r.ev_class <> %(oid)s, true)
ORDER BY 1, 3;
