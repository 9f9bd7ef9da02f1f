-- A table's index of that name, if it has one that is valid. Needs no privilege.
SELECT i.relname::text AS name
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
WHERE x.indrelid = %(table)s::regclass AND i.relname = %(index)s AND x.indisvalid;
