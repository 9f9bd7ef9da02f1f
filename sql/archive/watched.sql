-- Of a partition: its parent, whether it notes changes, and how it stands beside what was exported. Needs no privilege.
SELECT
       n.nspname::text AS parent_schema,
       p.relname::text AS parent_name,
       (SELECT count(*) = 2 FROM pg_trigger AS t
        WHERE t.tgrelid = i.inhrelid AND t.tgenabled = 'A'
          AND t.tgname IN ('zzz_dbopt_archive_touch', 'zzz_dbopt_archive_truncate')) AS is_watched
FROM pg_inherits AS i
JOIN pg_class AS p ON p.oid = i.inhparent
JOIN pg_namespace AS n ON n.oid = p.relnamespace
WHERE i.inhrelid = %(oid)s::oid AND NOT i.inhdetachpending;
