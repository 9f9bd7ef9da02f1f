-- The last run of each policy. Needs SELECT on schema dbopt.
SELECT DISTINCT ON (policy) policy, state, boundary, rows, bytes, batches, why_quit, started_at, finished_at
FROM dbopt.archive_run
ORDER BY policy, id DESC;
