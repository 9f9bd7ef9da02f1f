-- The tables that hold the rows of an archive table: itself, and partitions that were put below it. Needs no privilege.
SELECT c.oid::bigint AS oid, n.nspname::text AS schema, c.relname::text AS name, c.oid <> %(oid)s::oid AS is_partition
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = %(oid)s::oid OR c.oid IN (SELECT i.inhrelid FROM pg_inherits AS i WHERE i.inhparent = %(oid)s::oid)
ORDER BY is_partition, name;
