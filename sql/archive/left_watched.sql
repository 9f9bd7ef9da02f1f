-- Partitions of a table that still note their changes, and tables that are no partitions any more. Needs no privilege.
SELECT c.oid::bigint AS oid,
       n.nspname::text AS schema,
       c.relname::text AS name
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid IN (SELECT t.tgrelid
                FROM pg_trigger AS t
                WHERE t.tgname IN ('zzz_dbopt_archive_touch', 'zzz_dbopt_archive_truncate'))
  AND (NOT c.relispartition OR EXISTS (SELECT FROM pg_inherits AS i
                                       WHERE i.inhrelid = c.oid AND i.inhparent = %(oid)s::oid))
ORDER BY schema, name;
