-- Fills items: three lines an order, few products sell much. Needs: INSERT.
INSERT INTO items (order_id, line, product_id, quantity, price)
SELECT
    order_id,
    line,
    1 + floor(%(products)s * power(random(), 2))::bigint,
    1 + (order_id + line) %% 4,
    5 + (order_id * 37 %% 20000) / 100.0
FROM generate_series(1, %(orders)s) AS order_id, generate_series(1, 3) AS line
