-- Whether the schema dbopt is there, and whether conversions were ever made in this database. Needs no privilege.
SELECT to_regnamespace('dbopt') IS NOT NULL AS has_schema,
       to_regclass('dbopt.conversion') IS NOT NULL AS is_there;
