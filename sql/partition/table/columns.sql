-- The columns of a table in their order, with what is not copied by CREATE TABLE ... LIKE, and the types beneath domains.
-- Needs no privilege.
WITH RECURSIVE based AS (
    SELECT a.attnum, a.atttypid AS type
    FROM pg_attribute AS a
    WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.attnum, t.typbasetype
    FROM based AS b
    JOIN pg_type AS t ON t.oid = b.type AND t.typtype = 'd'
)
SELECT a.attnum AS number,
       a.attname::text AS name,
       format_type(a.atttypid, a.atttypmod) AS type,
       (
           SELECT format_type(b.type, NULL)
           FROM based AS b
           JOIN pg_type AS t ON t.oid = b.type AND t.typtype <> 'd'
           WHERE b.attnum = a.attnum
       ) AS base_type,
       a.attnotnull AS not_null,
       a.attgenerated <> '' AS is_generated,
       a.attidentity::text AS identity,
       to_jsonb(a) ->> 'attstattarget' AS statistics_target,
       coalesce(a.attoptions, '{}') AS options,
       CASE WHEN s.seqrelid IS NOT NULL THEN json_build_object(
           'schema', sn.nspname, 'name', sc.relname, 'type', format_type(s.seqtypid, NULL), 'start', s.seqstart,
           'increment', s.seqincrement, 'minimum', s.seqmin, 'maximum', s.seqmax, 'cache', s.seqcache,
           'cycle', s.seqcycle,
           'privileges', (
               SELECT coalesce(json_agg(json_build_object(
                   'kind', 'S', 'column', NULL, 'role', r.rolname, 'privilege', x.privilege_type,
                   'grantable', x.is_grantable
               ) ORDER BY r.rolname NULLS FIRST, x.privilege_type), '[]')
               FROM aclexplode(sc.relacl) AS x
               LEFT JOIN pg_roles AS r ON r.oid = x.grantee
               WHERE x.grantee <> sc.relowner
           )
       ) END AS sequence
FROM pg_attribute AS a
LEFT JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid
    AND d.refobjsubid = a.attnum AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    AND d.objid IN (SELECT q.oid FROM pg_class AS q WHERE q.relkind = 'S')
LEFT JOIN pg_sequence AS s ON s.seqrelid = d.objid
LEFT JOIN pg_class AS sc ON sc.oid = s.seqrelid
LEFT JOIN pg_namespace AS sn ON sn.oid = sc.relnamespace
WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum;
