-- What changes when a table is rewritten or gets a column, which its triggers are not told. Needs no privilege.
SELECT concat_ws('/', pg_relation_filenode(c.oid), c.relnatts) AS storage
FROM pg_class AS c
WHERE c.oid = %(oid)s::oid;
