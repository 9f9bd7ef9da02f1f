-- The types of the database: what domains, arrays and ranges are made of. Needs no privilege.
SELECT t.oid::bigint AS oid,
       t.typname::text AS name,
       t.typtype::text AS typtype,
       t.typbasetype::bigint AS base,
       t.typtypmod AS base_typmod,
       CASE WHEN t.typcategory = 'A' AND t.typlen = -1 THEN t.typelem::bigint ELSE 0 END AS element,
       coalesce(r.rngsubtype, m.rngsubtype, 0)::bigint AS subtype
FROM pg_type AS t
LEFT JOIN pg_range AS r ON r.rngtypid = t.oid
LEFT JOIN pg_range AS m ON m.rngmultitypid = t.oid
WHERE t.typtype IN ('b', 'd', 'e', 'r', 'm');
