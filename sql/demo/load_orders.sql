-- Fills orders: few customers order much, few orders are open, hardly any has a coupon. Needs: INSERT.
INSERT INTO orders (customer_id, number, status, total, coupon, placed_at, shipped_at)
SELECT
    1 + floor(%(customers)s * power(random(), 3))::bigint,
    'R' || lpad((n * 7919 %% 100000000)::text, 8, '0'),
    CASE WHEN n %% 1000 < 940 THEN 'done' WHEN n %% 1000 < 985 THEN 'shipped'
         WHEN n %% 1000 < 995 THEN 'open' ELSE 'returned' END,
    round((10 + 490 * random())::numeric, 2),
    CASE WHEN n %% 500 = 0 THEN 'WELCOME' || n %% 7 END,
    timestamptz '2024-01-01 00:00+00' + n * interval '700 days' / %(rows)s,
    CASE WHEN n %% 1000 < 985
         THEN timestamptz '2024-01-02 00:00+00' + n * interval '700 days' / %(rows)s END
FROM generate_series(1, %(rows)s) AS n
