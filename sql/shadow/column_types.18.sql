-- The types of a table's columns, in their order. Needs no privilege.
SELECT format_type(atttypid, atttypmod) AS type
FROM pg_attribute
WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped
ORDER BY attnum;
