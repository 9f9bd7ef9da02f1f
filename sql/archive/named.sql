-- The table of a name, null where there is none. Needs no privilege.
SELECT to_regclass(%(table)s)::oid::bigint AS oid;
