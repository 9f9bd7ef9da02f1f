-- How many rows left the archive tables of this database again, by policy. Needs SELECT on schema dbopt.
SELECT policy, sum(rows)::bigint AS rows
FROM dbopt.archive_restored
WHERE batch = 0
GROUP BY policy;
