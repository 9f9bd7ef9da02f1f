-- Of a partition: its parent, and whether it notes all changes since it was watched; triggers are not told of a rewrite,
-- and somebody may have disabled them. Needs no privilege.
SELECT n.nspname::text AS parent_schema,
       p.relname::text AS parent_name,
       (SELECT count(*) = 2
        FROM pg_trigger AS t
        WHERE t.tgrelid = c.oid AND t.tgenabled = 'A'
          AND t.tgname IN ('zzz_dbopt_archive_touch', 'zzz_dbopt_archive_truncate')
          AND encode(t.tgargs, 'escape') = concat_ws('/', pg_relation_filenode(c.oid), c.relnatts) || '\000')
           AS is_watched
FROM pg_inherits AS i
JOIN pg_class AS c ON c.oid = i.inhrelid
JOIN pg_class AS p ON p.oid = i.inhparent
JOIN pg_namespace AS n ON n.oid = p.relnamespace
WHERE i.inhrelid = %(oid)s::oid AND NOT i.inhdetachpending;
