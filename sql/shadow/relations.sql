-- Which relations there are and how many blocks their files have. Needs no privilege; waits for exclusive locks.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind,
       CASE WHEN c.relkind IN ('r', 'm', 'i')
            THEN coalesce(pg_relation_size(c.oid) / current_setting('block_size')::bigint, 0)
            ELSE 0
       END AS blocks,
       CASE WHEN c.relkind IN ('r', 'm') AND c.reltoastrelid <> 0
            THEN coalesce(pg_relation_size(c.reltoastrelid) / current_setting('block_size')::bigint, 0)
       END AS toast_blocks,
       t.relname::text AS table_name,
       e.extname::text AS extension,
       (
           SELECT coalesce(json_agg(json_build_array(pn.nspname, p.relname) ORDER BY h.inhseqno), '[]')
           FROM pg_inherits AS h
           JOIN pg_class AS p ON p.oid = h.inhparent
           JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
           WHERE h.inhrelid = c.oid AND x.indexrelid IS NULL
       ) AS parents
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_index AS x ON x.indexrelid = c.oid
LEFT JOIN pg_class AS t ON t.oid = x.indrelid
LEFT JOIN pg_depend AS d
       ON d.classid = 'pg_class'::regclass AND d.objid = coalesce(t.oid, c.oid) AND d.objsubid = 0 AND d.deptype = 'e'
LEFT JOIN pg_extension AS e ON e.oid = d.refobjid
WHERE c.relkind IN ('r', 'p', 'm', 'f', 'v', 'i', 'I')
  AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND (x.indexrelid IS NULL OR x.indislive AND (x.indisvalid AND x.indisready OR c.relkind = 'I'))
ORDER BY n.nspname, c.relname;
