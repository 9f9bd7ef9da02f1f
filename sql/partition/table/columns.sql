-- The columns of a table in their order, with what is not copied by CREATE TABLE ... LIKE. Needs no privilege.
SELECT a.attnum AS number,
       a.attname::text AS name,
       format_type(a.atttypid, a.atttypmod) AS type,
       a.attnotnull AS not_null,
       a.attgenerated <> '' AS is_generated,
       a.attidentity::text AS identity,
       to_jsonb(a) ->> 'attstattarget' AS statistics_target,
       coalesce(a.attoptions, '{}') AS options,
       CASE WHEN s.seqrelid IS NOT NULL THEN json_build_object(
           'schema', sn.nspname, 'name', sc.relname, 'type', format_type(s.seqtypid, NULL), 'start', s.seqstart,
           'increment', s.seqincrement, 'minimum', s.seqmin, 'maximum', s.seqmax, 'cache', s.seqcache,
           'cycle', s.seqcycle
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
