-- Functions that from now on fail with a message when they are called. Needs to be superuser with
-- allow_system_table_mods.
UPDATE pg_catalog.pg_proc AS p
SET prolang = l.oid,
    prosrc = 'BEGIN RAISE EXCEPTION USING MESSAGE = ' || quote_literal(f.message) || '; END',
    prosqlbody = NULL
FROM unnest(%(oids)s::bigint[], %(messages)s::text[]) AS f (oid, message), pg_catalog.pg_language AS l
WHERE p.oid = f.oid AND l.lanname = 'plpgsql';
