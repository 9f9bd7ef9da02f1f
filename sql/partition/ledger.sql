-- Whether conversions were ever made in this database. Needs no privilege.
SELECT to_regclass('dbopt.conversion') IS NOT NULL AS is_there;
