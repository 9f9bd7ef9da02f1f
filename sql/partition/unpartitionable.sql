-- What a table has, apart from unique indexes and foreign keys, that a partitioned one cannot have, or not as it is.
-- Needs no privilege.
SELECT o.kind, o.name, o.columns
FROM (
    SELECT %(table)s::regclass AS oid
) AS t
CROSS JOIN LATERAL (
    SELECT 'exclusion constraint' AS kind, k.conname::text AS name, ARRAY(
               SELECT a.attname::text
               FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
               JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.number
               ORDER BY u.place
           ) AS columns
    FROM pg_constraint AS k
    WHERE k.conrelid = t.oid AND k.contype = 'x'
    UNION ALL
    SELECT 'identity column', a.attname::text, ARRAY[a.attname::text]
    FROM pg_attribute AS a
    WHERE a.attrelid = t.oid AND a.attidentity <> ''
    UNION ALL
    SELECT 'generated column', a.attname::text, ARRAY[a.attname::text]
    FROM pg_attribute AS a
    WHERE a.attrelid = t.oid AND a.attgenerated <> ''
    UNION ALL
    SELECT 'trigger', g.tgname::text, ARRAY[]::text[]
    FROM pg_trigger AS g
    WHERE g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgtype & 1 = 1
      AND coalesce(g.tgnewtable, g.tgoldtable) IS NOT NULL
    UNION ALL
    SELECT 'rule', r.rulename::text, ARRAY[]::text[]
    FROM pg_rewrite AS r
    WHERE r.ev_class = t.oid
    UNION ALL
    SELECT 'unlogged', c.relname::text, ARRAY[]::text[]
    FROM pg_class AS c
    WHERE c.oid = t.oid AND c.relpersistence = 'u'
    UNION ALL
    SELECT 'statistics', e.stxname::text, ARRAY[]::text[]
    FROM pg_statistic_ext AS e
    WHERE e.stxrelid = t.oid
) AS o
ORDER BY o.kind, o.name;
