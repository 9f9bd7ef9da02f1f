-- The ranges that were put back into their table. Needs SELECT on schema dbopt.
SELECT policy, lower, upper, batch, rows
FROM dbopt.archive_restored
ORDER BY id;
