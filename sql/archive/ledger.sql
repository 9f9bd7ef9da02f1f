-- Whether anything was ever archived in this database. Needs no privilege.
SELECT to_regclass('dbopt.archive_batch') IS NOT NULL AS is_there;
