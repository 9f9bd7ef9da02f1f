-- Fills products. Needs: INSERT.
INSERT INTO products (sku, name, category, price)
SELECT
    'SKU-' || lpad(n::text, 6, '0'),
    initcap(substr(md5(n::text), 1, 5)) || ' ' || (ARRAY['lamp', 'chair', 'table', 'shelf', 'rug'])[1 + n %% 5],
    (ARRAY['light', 'seat', 'table', 'storage', 'textile'])[1 + n %% 5],
    5 + (n * 37 %% 20000) / 100.0
FROM generate_series(1, %(rows)s) AS n
