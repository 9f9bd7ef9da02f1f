-- How PostgreSQL writes types, by their oids. Needs no privilege.
SELECT o.oid::bigint AS oid, pg_catalog.format_type(o.oid::oid, NULL) AS name
FROM unnest(%(oids)s::bigint[]) AS o (oid);
