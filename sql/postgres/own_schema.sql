-- Whether the schema dbopt is there. Needs no privilege.
SELECT to_regnamespace('dbopt') IS NOT NULL AS is_there;
