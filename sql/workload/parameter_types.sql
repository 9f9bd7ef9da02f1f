-- The types that the server gave the parameters of a prepared statement, domains as what they are made of, with the
-- first label of an enumeration. Anyone may ask, of statements prepared in the same session.
SELECT u.number::integer AS number,
       pg_catalog.format_type(base.oid, NULL) AS type,
       base.typcategory AS category,
       (SELECT e.enumlabel FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = base.oid ORDER BY e.enumsortorder LIMIT 1) AS label
FROM pg_catalog.pg_prepared_statements AS p
CROSS JOIN LATERAL pg_catalog.unnest(p.parameter_types) WITH ORDINALITY AS u (type, number)
JOIN pg_catalog.pg_type AS t ON t.oid = u.type
JOIN pg_catalog.pg_type AS base ON base.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
WHERE p.name = %(name)s
ORDER BY u.number
