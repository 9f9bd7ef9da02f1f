-- How a table is partitioned: by range of one or more columns, the first of which is named. Needs no privilege.
SELECT p.partstrat::text AS strategy,
       (SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]) AS column
FROM pg_partitioned_table AS p
WHERE p.partrelid = %(oid)s::oid;
