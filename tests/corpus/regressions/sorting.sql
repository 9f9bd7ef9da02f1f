-- Sorts, groups, limits and pages.

-- # The select list grows and the sort goes to disk
-- demo: disk-sort, cost
-- ## given
ALTER DATABASE corpus SET work_mem = '8MB';
-- ## before
SELECT id FROM events WHERE kind = 'view' ORDER BY created_at
-- ## after
SELECT id, customer_id, session_id, kind, payload, created_at FROM events WHERE kind = 'view' ORDER BY created_at

-- # A sort is given a hundred times the rows
-- demo: cost, rows, lost-index
-- ## before
SELECT number, total FROM orders WHERE placed_at >= '2025-11-20' ORDER BY total
-- ## after
SELECT number, total FROM orders ORDER BY total

-- # A page is ordered by a column without index
-- demo: cost
-- ## before
SELECT id, number, total FROM orders ORDER BY placed_at DESC LIMIT 20
-- ## after
SELECT id, number, total FROM orders ORDER BY total DESC LIMIT 20

-- # A page is ordered by an expression
-- demo: cost
-- ## before
SELECT id, email FROM customers ORDER BY email LIMIT 50
-- ## after
SELECT id, email FROM customers ORDER BY lower(email) LIMIT 50

-- # Nulls are wanted last
-- demo: cost
-- ## before
SELECT id, number, placed_at FROM orders ORDER BY placed_at DESC LIMIT 20
-- ## after
SELECT id, number, placed_at FROM orders ORDER BY placed_at DESC NULLS LAST LIMIT 20

-- # One direction of a sort is turned
-- demo: cost
-- ## before
SELECT customer_id, placed_at, total FROM orders WHERE customer_id >= 1 ORDER BY customer_id, placed_at DESC LIMIT 50
-- ## after
SELECT customer_id, placed_at, total FROM orders WHERE customer_id >= 1 ORDER BY customer_id, placed_at LIMIT 50

-- # Some rows are drawn by lot
-- demo: cost
-- ## before
SELECT id, name FROM products ORDER BY id LIMIT 5
-- ## after
SELECT id, name FROM products ORDER BY random() LIMIT 5

-- # DISTINCT is added to a large result
-- demo: cost
-- ## before
SELECT session_id, kind FROM events
-- ## after
SELECT DISTINCT session_id, kind FROM events

-- # UNION takes the place of UNION ALL
-- demo: cost, disk-sort
-- ## before
SELECT customer_id, placed_at AS at FROM orders
UNION ALL
SELECT customer_id, created_at FROM events
-- ## after
SELECT customer_id, placed_at AS at FROM orders
UNION
SELECT customer_id, created_at FROM events

-- # Rows are counted by distinct values
-- demo: cost, disk-sort
-- ## before
SELECT count(path) FROM visits
-- ## after
SELECT count(DISTINCT path) FROM visits

-- # Groups become so many that they go to disk
-- demo: disk-sort, cost
-- ## before
SELECT kind, count(*) FROM events GROUP BY kind
-- ## after
SELECT kind, session_id, customer_id, count(*) FROM events GROUP BY kind, session_id, customer_id

-- # A limit is removed
-- demo: cost, rows
-- ## before
SELECT id, number, total, placed_at FROM orders ORDER BY placed_at DESC LIMIT 20
-- ## after
SELECT id, number, total, placed_at FROM orders ORDER BY placed_at DESC

-- # A limit is raised from 20 to 20,000
-- demo: cost, rows
-- ## before
SELECT id, number, total, placed_at FROM orders ORDER BY placed_at DESC LIMIT 20
-- ## after
SELECT id, number, total, placed_at FROM orders ORDER BY placed_at DESC LIMIT 20000

-- # Pages are skipped by OFFSET in place of a key
-- demo: cost
-- ## before
SELECT id, number, placed_at FROM orders WHERE placed_at < '2024-03-01' ORDER BY placed_at DESC LIMIT 20
-- ## after
SELECT id, number, placed_at FROM orders ORDER BY placed_at DESC LIMIT 20 OFFSET 45000

-- # A deep page is asked for
-- tpch: cost
-- ## before
SELECT o_orderkey, o_orderdate, o_totalprice FROM orders ORDER BY o_orderdate, o_orderkey LIMIT 100
-- ## after
SELECT o_orderkey, o_orderdate, o_totalprice FROM orders ORDER BY o_orderdate, o_orderkey LIMIT 100 OFFSET 50000

-- # A limited sort loses its limit and goes to disk
-- tpch: cost, disk-sort, rows
-- ## before
SELECT l_orderkey, l_linenumber, l_extendedprice FROM lineitem ORDER BY l_extendedprice DESC LIMIT 10
-- ## after
SELECT l_orderkey, l_linenumber, l_extendedprice FROM lineitem ORDER BY l_extendedprice DESC

-- # The whole table is ranked before a customer is chosen
-- demo: cost, lost-index
-- ## before
SELECT *
FROM (SELECT id, customer_id, total, rank() OVER (PARTITION BY customer_id ORDER BY total DESC) AS place FROM orders) AS ranked
WHERE customer_id = 4321
-- ## after
SELECT *
FROM (SELECT id, customer_id, total, rank() OVER (ORDER BY total DESC) AS place FROM orders) AS ranked
WHERE customer_id = 4321

-- # A row number over everything replaces a limit
-- tpch: cost, disk-sort
-- ## before
SELECT o_orderkey, o_orderdate FROM orders ORDER BY o_orderdate DESC LIMIT 10
-- ## after
SELECT o_orderkey, o_orderdate
FROM (SELECT o_orderkey, o_orderdate, row_number() OVER (ORDER BY o_totalprice DESC, o_orderkey) AS n FROM orders) AS numbered
ORDER BY n DESC
LIMIT 10

-- # Asking for all columns ends an index-only scan
-- demo: cost
-- ## before
SELECT product_id, quantity FROM items WHERE product_id BETWEEN 1 AND 40
-- ## after
SELECT * FROM items WHERE product_id BETWEEN 1 AND 40

-- # A column that the index lacks is added
-- demo: cost
-- ## before
SELECT sum(quantity) FROM items WHERE product_id = 3
-- ## after
SELECT sum(quantity), sum(price) FROM items WHERE product_id = 3
