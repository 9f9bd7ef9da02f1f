-- Whether rows of a partition changed since it is watched. Needs SELECT on schema dbopt.
SELECT EXISTS (SELECT FROM dbopt.archive_touched WHERE relation = %(oid)s::oid) AS touched;
