-- Files of a policy whose batches came to nothing. Needs SELECT on schema dbopt.
SELECT w.batch, array_agg(w.path ORDER BY w.path) AS paths
FROM dbopt.archive_writing AS w
WHERE w.policy = %(policy)s AND NOT EXISTS (SELECT FROM dbopt.archive_batch AS b WHERE b.id = w.batch)
GROUP BY w.batch
ORDER BY w.batch;
