-- Constraints with an index, foreign keys, other indexes and extended statistics of a table, with their definitions,
-- whole names in them if search_path is pg_catalog. `columns` are those of the key of an index, `tail` is what stands in
-- its definition after the table. Needs no privilege.
SELECT CASE con.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'x' THEN 'exclusion'
                        ELSE 'foreign key' END AS kind,
       con.conname::text AS name,
       regexp_replace(pg_get_constraintdef(con.oid), ' NOT VALID$', '') AS definition,
       NULL AS tail,
       con.contype <> 'f' AS is_unique,
       ARRAY(
           SELECT a.attname::text
           FROM unnest(con.conkey) WITH ORDINALITY AS k (attnum, number)
           JOIN pg_attribute AS a ON a.attrelid = con.conrelid AND a.attnum = k.attnum
           ORDER BY k.number
       ) AS columns,
       obj_description(con.oid, 'pg_constraint') AS comment,
       1 AS position
FROM pg_constraint AS con
WHERE con.conrelid = %(oid)s AND con.contype IN ('p', 'u', 'x', 'f')
UNION ALL
SELECT 'index',
       c.relname::text,
       pg_get_indexdef(x.indexrelid),
       substr(pg_get_indexdef(x.indexrelid),
              length(concat('CREATE ', CASE WHEN x.indisunique THEN 'UNIQUE ' END, 'INDEX ', quote_ident(c.relname),
                            ' ON ', CASE t.relkind WHEN 'p' THEN 'ONLY ' END, quote_ident(n.nspname), '.',
                            quote_ident(t.relname))) + 1),
       x.indisunique,
       ARRAY(
           SELECT a.attname::text
           FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k (attnum, number)
           JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
           WHERE k.number <= x.indnkeyatts
           ORDER BY k.number
       ),
       obj_description(x.indexrelid, 'pg_class'),
       2
FROM pg_index AS x
JOIN pg_class AS c ON c.oid = x.indexrelid
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE x.indrelid = %(oid)s AND x.indisvalid
  AND NOT EXISTS (
      SELECT FROM pg_constraint AS con
      WHERE con.conindid = x.indexrelid AND con.conrelid = x.indrelid AND con.contype IN ('p', 'u', 'x')
  )
UNION ALL
SELECT 'statistics',
       quote_ident(n.nspname) || '.' || quote_ident(s.stxname),
       pg_get_statisticsobjdef(s.oid),
       NULL,
       false,
       '{}',
       obj_description(s.oid, 'pg_statistic_ext'),
       3
FROM pg_statistic_ext AS s
JOIN pg_namespace AS n ON n.oid = s.stxnamespace
WHERE s.stxrelid = %(oid)s
ORDER BY position, kind DESC, name;
