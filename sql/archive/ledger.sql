-- Whether anything was ever archived in this database, and whether the ledger has all of its tables. Needs no privilege.
SELECT to_regclass('dbopt.archive_batch') IS NOT NULL AS is_there,
       to_regclass('dbopt.archive_table') IS NOT NULL AS is_whole;
