-- Fills customers; half of them live in one country. Needs: INSERT.
INSERT INTO customers (email, name, country, created_at)
SELECT
    'user' || n || '@' || (ARRAY['example.com', 'example.org', 'mail.example.net'])[1 + n %% 3],
    (ARRAY['Ada', 'Ben', 'Cem', 'Dora', 'Emil', 'Fay', 'Gus', 'Hana'])[1 + n %% 8] || ' ' || 'No. ' || n,
    (ARRAY['DE', 'DE', 'DE', 'DE', 'DE', 'FR', 'FR', 'IT', 'AT', 'LU'])[1 + (n * 7) %% 10],
    timestamptz '2024-01-01 00:00+00' + n * interval '700 days' / %(rows)s
FROM generate_series(1, %(rows)s) AS n
