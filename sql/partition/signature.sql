-- The columns of a table and their types, in order. Needs no privilege.
SELECT a.attname::text AS name,
       format_type(a.atttypid, a.atttypmod) AS type
FROM pg_attribute AS a
WHERE a.attrelid = %(table)s::regclass AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum;
