-- What ANALYZE found of columns of range types: since PostgreSQL 17 a dump has it. Needs no privilege.
SELECT NULL::text AS schema, NULL::text AS name, NULL::text AS column, NULL::boolean AS inherited, NULL::text AS lengths,
       NULL::real AS empty_share, NULL::text AS bounds
WHERE false;
