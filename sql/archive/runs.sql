-- The last run of each policy. Times are in microseconds since 1970. Needs SELECT on schema dbopt.
SELECT DISTINCT ON (policy) policy, state, boundary, rows, bytes, batches, why_quit,
       floor(extract(epoch FROM started_at) * 1000000)::bigint AS started_us,
       floor(extract(epoch FROM finished_at) * 1000000)::bigint AS finished_us
FROM dbopt.archive_run
ORDER BY policy, id DESC;
