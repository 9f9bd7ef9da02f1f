-- What a table is made of, apart from constraints, indexes and privileges. Needs no privilege; types are
-- qualified for a search_path of pg_catalog. A column's base type is
-- that beneath its domains.
WITH RECURSIVE based AS (
    SELECT a.attnum, t.oid, t.typbasetype, t.typtype
    FROM pg_attribute AS a
    JOIN pg_type AS t ON t.oid = a.atttypid
    WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.attnum, t.oid, t.typbasetype, t.typtype
    FROM based AS b
    JOIN pg_type AS t ON t.oid = b.typbasetype
    WHERE b.typtype = 'd'
)
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       c.relpersistence = 'u' AS is_unlogged,
       pg_get_userbyid(c.relowner)::text AS owner,
       s.spcname::text AS tablespace,
       obj_description(c.oid, 'pg_class') AS comment,
       coalesce(c.reloptions, '{}') || coalesce((
           SELECT array_agg('toast.' || o.option)
           FROM pg_class AS t, unnest(t.reloptions) AS o (option)
           WHERE t.oid = c.reltoastrelid
       ), '{}') AS storage,
       CASE c.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN 'nothing' WHEN 'i' THEN 'index' ELSE 'default' END
           AS replica_identity,
       (
           SELECT i.relname::text
           FROM pg_index AS x
           JOIN pg_class AS i ON i.oid = x.indexrelid
           WHERE x.indrelid = c.oid AND x.indisreplident
       ) AS identity_index,
       (
           SELECT json_agg(json_build_object(
               'name', a.attname,
               'type', format_type(a.atttypid, a.atttypmod),
               'base_type', format_type(b.oid, NULL),
               'not_null', a.attnotnull,
               'is_identity', a.attidentity <> '',
               'sequence', quote_ident(sn.nspname) || '.' || quote_ident(seq.relname),
               'sequence_name', seq.relname,
               'statistics', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END
           ) ORDER BY a.attnum)
           FROM pg_attribute AS a
           JOIN based AS b ON b.attnum = a.attnum AND b.typtype <> 'd'
           LEFT JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid
                                   AND d.refobjsubid = a.attnum AND d.classid = 'pg_class'::regclass
                                   AND d.deptype IN ('a', 'i')
                                   AND EXISTS (SELECT FROM pg_sequence AS q WHERE q.seqrelid = d.objid)
           LEFT JOIN pg_class AS seq ON seq.oid = d.objid
           LEFT JOIN pg_namespace AS sn ON sn.oid = seq.relnamespace
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       ) AS columns
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_tablespace AS s ON s.oid = c.reltablespace
WHERE c.oid = %(oid)s;
