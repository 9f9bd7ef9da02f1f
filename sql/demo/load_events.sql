-- Fills events in the order of time; a third has no customer. Needs: INSERT.
INSERT INTO events (customer_id, session_id, kind, payload, created_at)
SELECT
    CASE WHEN n %% 3 > 0 THEN 1 + floor(%(customers)s * power(random(), 2))::bigint END,
    substr(md5((n / 8)::text), 1, 16),
    (ARRAY['view', 'view', 'view', 'view', 'view', 'view', 'search', 'search', 'cart', 'error'])[1 + n %% 10],
    jsonb_build_object('path', '/p/' || n %% 5000, 'ms', n %% 900),
    timestamptz '2024-01-01 00:00+00' + n * interval '700 days' / %(rows)s
FROM generate_series(1, %(rows)s) AS n
