-- Predefined collations that work here: this build may know ICU's names without having ICU. Needs no privilege.
SELECT collname::text AS name
FROM pg_collation
WHERE collnamespace = 'pg_catalog'::regnamespace AND collprovider <> 'i';
