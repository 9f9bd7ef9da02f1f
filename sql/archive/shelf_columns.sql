-- The columns of a table and those of its archive table, side by side; null is what one of them does not have. Needs no
-- privilege.
WITH columns AS (
    SELECT a.attrelid, a.attnum, a.attname::text AS name,
           pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
           CASE WHEN a.attcollation <> t.typcollation
                THEN (SELECT quote_ident(n.nspname) || '.' || quote_ident(c.collname)
                      FROM pg_collation AS c
                      JOIN pg_namespace AS n ON n.oid = c.collnamespace
                      WHERE c.oid = a.attcollation) END AS collation,
           CASE WHEN a.attstorage <> t.typstorage
                THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN'
                                       ELSE 'EXTENDED' END END AS storage,
           a.attnotnull AS not_null,
           col_description(a.attrelid, a.attnum) AS comment
    FROM pg_attribute AS a
    JOIN pg_type AS t ON t.oid = a.atttypid
    WHERE a.attrelid IN (%(source)s::oid, %(archive)s::oid) AND a.attnum > 0 AND NOT a.attisdropped
)
SELECT coalesce(a.name, s.name) AS name, s.type, s.collation, s.storage, s.not_null, s.comment,
       a.type AS archived_type, a.collation AS archived_collation, a.not_null AS archived_not_null
FROM (SELECT * FROM columns WHERE attrelid = %(source)s::oid) AS s
FULL JOIN (SELECT * FROM columns WHERE attrelid = %(archive)s::oid) AS a ON a.name = s.name
ORDER BY a.attnum NULLS LAST, s.attnum;
