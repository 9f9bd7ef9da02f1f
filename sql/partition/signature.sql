-- What a table's columns are like, and its CHECKs: everything that CREATE TABLE ... LIKE copies. Needs no privilege.
SELECT a.attname::text AS name,
       concat_ws(
           ' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
           CASE WHEN a.attgenerated = '' THEN 'DEFAULT' ELSE 'GENERATED' END || ' ' || pg_get_expr(d.adbin, d.adrelid),
           'STORAGE ' || a.attstorage::text, 'COMPRESSION ' || a.attcompression::text,
           'COLLATE ' || a.attcollation::text,
           'STATISTICS ' || coalesce(to_jsonb(a) ->> 'attstattarget', '-1'), 'WITH ' || a.attoptions::text,
           'COMMENT ' || col_description(a.attrelid, a.attnum)
       ) AS detail
FROM pg_attribute AS a
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %(table)s::regclass AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT k.conname::text, pg_get_constraintdef(k.oid) || coalesce(' COMMENT ' || obj_description(k.oid, 'pg_constraint'), '')
FROM pg_constraint AS k
WHERE k.conrelid = %(table)s::regclass AND k.contype = 'c' AND k.conname <> 'dbopt_bound'
ORDER BY 1, 2;
