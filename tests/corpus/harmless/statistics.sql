-- Days in the life of a database.

-- # A table is analysed again
-- demo
-- ## before
SELECT o.number, c.email
FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id
WHERE o.placed_at >= '2025-11-01' AND o.status = 'open'
-- ## change
ANALYZE orders;

-- # Everything is analysed again
-- tpch
-- ## before
Q5
-- ## change
ANALYZE;

-- # Everything is analysed again under a join of many rows
-- tpch
-- ## before
Q9
-- ## change
ANALYZE;

-- # Everything is analysed again under an aggregate
-- tpch
-- ## before
Q18
-- ## change
ANALYZE;

-- # A sample is drawn anew under a look-up
-- demo
-- ## before
SELECT id, number, total FROM orders WHERE customer_id = 4321 ORDER BY placed_at DESC LIMIT 20
-- ## change
ANALYZE orders;

-- # A sample is drawn anew under a group
-- demo
-- ## before
SELECT session_id, count(*) FROM events GROUP BY session_id
-- ## change
ANALYZE events;

-- # A table is vacuumed
-- demo
-- ## before
SELECT kind, created_at FROM events WHERE customer_id = 42 ORDER BY created_at DESC LIMIT 10
-- ## change
VACUUM (ANALYZE) events;

-- # A table grows by a hundredth
-- demo
-- ## before
SELECT status, count(*), sum(total) FROM orders GROUP BY status
-- ## change
INSERT INTO orders (customer_id, number, status, total, placed_at)
SELECT 1 + n * 17 % 9000, 'S' || n, 'open', 50, timestamptz '2025-12-01 00:00+00' + n * interval '1 minute'
FROM generate_series(1, 500) AS n;
ANALYZE orders;

-- # A table grows by a fiftieth and is not analysed
-- demo
-- ## before
SELECT kind, created_at FROM events WHERE session_id = 'c4ca4238a0b92382'
-- ## change
INSERT INTO events (customer_id, session_id, kind, payload, created_at)
SELECT customer_id, session_id, kind, payload, created_at + interval '700 days' FROM events WHERE id % 50 = 0;

-- # Some rows are deleted
-- tpch
-- ## before
Q14
-- ## change
DELETE FROM lineitem WHERE l_orderkey % 100 = 0;
VACUUM (ANALYZE) lineitem;

-- # Some rows are updated
-- demo
-- ## before
SELECT id, name, country FROM customers WHERE email = 'user4711@example.org'
-- ## change
UPDATE customers SET country = 'BE' WHERE id % 50 = 0;
VACUUM (ANALYZE) customers;

-- # A partition gets the rows of its month
-- demo
-- ## before
SELECT count(*), avg(ms) FROM visits WHERE at >= '2025-03-01' AND at < '2025-04-01'
-- ## change
INSERT INTO visits
SELECT customer_id, path, country, ms, timestamptz '2025-12-01 00:00+00' + (customer_id % 1000) * interval '1 minute'
FROM visits
WHERE at >= '2025-06-01' AND at < '2025-06-15' AND customer_id IS NOT NULL;
ANALYZE visits;

-- # A materialized view is refreshed
-- demo
-- ## before
SELECT orders, total FROM customer_totals WHERE customer_id = 77
-- ## change
REFRESH MATERIALIZED VIEW customer_totals;
VACUUM (ANALYZE) customer_totals;

-- # A table is put in the order of an index
-- demo
-- ## before
SELECT id, number, total FROM orders WHERE customer_id = 17
-- ## change
CLUSTER orders USING orders_customer;
VACUUM (ANALYZE) orders;

-- # The sample becomes larger
-- demo
-- ## before
SELECT product_id, sum(quantity) FROM items WHERE product_id < 500 GROUP BY product_id
-- ## change
ALTER TABLE items ALTER COLUMN product_id SET STATISTICS 500;
ANALYZE items;
