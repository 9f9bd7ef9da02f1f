-- What a look-up, a sort or a join stood on is taken away.

-- # The index of a look-up is dropped
-- demo: lost-index, cost
-- ## before
SELECT id, status, total, placed_at FROM orders WHERE number = 'R00791900'
-- ## change
DROP INDEX orders_number;

-- # An index loses the column that sorted
-- demo: cost
-- ## before
SELECT id, number, total, placed_at FROM orders WHERE customer_id = 10 ORDER BY placed_at DESC LIMIT 20
-- ## change
DROP INDEX orders_customer;
CREATE INDEX orders_customer ON orders (customer_id);

-- # The columns of an index change places
-- demo: cost, lost-index
-- ## before
SELECT id, number, total, placed_at FROM orders WHERE customer_id = 4321
-- ## change
DROP INDEX orders_customer;
CREATE INDEX orders_customer ON orders (placed_at, customer_id);

-- # An index is made partial
-- demo: lost-index, cost
-- ## before
SELECT count(*), sum(total) FROM orders WHERE placed_at >= '2025-03-03' AND placed_at < '2025-03-04'
-- ## change
DROP INDEX orders_placed_at;
CREATE INDEX orders_placed_at ON orders (placed_at) WHERE status = 'done';

-- # The condition of a partial index is narrowed
-- demo: lost-index, cost
-- ## before
SELECT id, number, customer_id, placed_at FROM orders WHERE status = 'returned' AND shipped_at IS NULL
-- ## change
DROP INDEX orders_waiting;
CREATE INDEX orders_waiting ON orders (placed_at) WHERE status = 'open';

-- # A hash index takes the place of a b-tree
-- demo: lost-index, cost
-- ## before
SELECT count(*), sum(total) FROM orders WHERE placed_at BETWEEN '2025-03-03' AND '2025-03-04'
-- ## change
DROP INDEX orders_placed_at;
CREATE INDEX orders_placed_at ON orders USING hash (placed_at);

-- # A BRIN index takes the place of a b-tree on scattered values
-- demo: cost, lost-index
-- ## before
SELECT kind, created_at FROM events WHERE session_id = 'c4ca4238a0b92382'
-- ## change
DROP INDEX events_session;
CREATE INDEX events_session ON events USING brin (session_id);

-- # An index does not cover the query any more
-- demo: cost
-- ## before
SELECT sum(quantity) FROM items WHERE product_id = 3
-- ## change
DROP INDEX items_product;
CREATE INDEX items_product ON items (product_id);

-- # The index on an expression is dropped
-- demo: lost-index, lost-statistics, cost
-- ## before
SELECT id, email FROM customers WHERE lower(name) = 'ada no. 800'
-- ## change
DROP INDEX customers_lower_name;

-- # The trigram index of a text search is dropped
-- demo: lost-index, cost
-- ## given
CREATE EXTENSION pg_trgm;
CREATE INDEX customers_email_words ON customers USING gin (email gin_trgm_ops);
-- ## before
SELECT id, name FROM customers WHERE email LIKE '%user777%'
-- ## change
DROP INDEX customers_email_words;

-- # The index on a document is dropped
-- demo: lost-index, cost
-- ## before
SELECT count(*) FROM events WHERE payload @> '{"path": "/p/4711"}'
-- ## change
DROP INDEX events_payload;

-- # An index on time is dropped from a log
-- demo: lost-index, cost
-- ## before
SELECT kind, count(*)
FROM events
WHERE created_at >= '2025-05-05 08:00+00' AND created_at < '2025-05-05 12:00+00'
GROUP BY kind
-- ## change
DROP INDEX events_created_at;

-- # The index of a materialized view is dropped
-- demo: lost-index, cost
-- ## before
SELECT orders, total FROM customer_totals WHERE customer_id = 77
-- ## change
DROP INDEX customer_totals_customer;

-- # The index of a partitioned table is dropped
-- demo: lost-index, cost
-- ## before
SELECT path, at FROM visits WHERE customer_id = 5000
-- ## change
DROP INDEX visits_customer;

-- # The columns of a primary key change places
-- demo: lost-index, cost
-- ## before
SELECT line, product_id, quantity FROM items WHERE order_id = 12345
-- ## change
ALTER TABLE items DROP CONSTRAINT items_pkey;
ALTER TABLE items ADD PRIMARY KEY (line, order_id);

-- # A left join that the planner could leave out has to be made
-- demo: lost-statistics, cost, plan
-- ## before
SELECT o.id, o.total
FROM orders AS o
LEFT JOIN profiles AS p ON p.customer_id = o.customer_id
WHERE o.placed_at >= '2025-03-03' AND o.placed_at < '2025-03-06'
-- ## change
ALTER TABLE profiles DROP CONSTRAINT profiles_customer;

-- # A subquery loses its index
-- demo: lost-index, cost
-- ## before
SELECT c.id, c.email, (SELECT max(o.placed_at) FROM orders AS o WHERE o.customer_id = c.id) AS last_order
FROM customers AS c
WHERE c.created_at >= '2025-06-01' AND c.created_at < '2025-06-03'
-- ## change
DROP INDEX orders_customer;

-- # An update has to look for its row
-- demo: lost-index, cost
-- ## before
UPDATE orders SET status = 'shipped', shipped_at = '2025-12-01' WHERE number = 'R00791900' AND status = 'open'
-- ## change
DROP INDEX orders_number;

-- # The planner has to sort what an index gave in order
-- demo: cost
-- ## before
SELECT id, number, total, placed_at FROM orders ORDER BY placed_at DESC LIMIT 25
-- ## change
DROP INDEX orders_placed_at;

-- # The smallest value is looked for row by row
-- demo: cost, lost-index
-- ## before
SELECT min(placed_at), max(placed_at) FROM orders
-- ## change
DROP INDEX orders_placed_at;

-- # TPC-H 17 without the index of its subquery
-- tpch: lost-index, cost
-- ## before
Q17
-- ## change
DROP INDEX lineitem_part;

-- # TPC-H 6 for a month without the index on the ship date
-- tpch: lost-index, cost
-- ## before
SELECT sum(l_extendedprice * l_discount) AS revenue
FROM lineitem
WHERE l_shipdate >= date '1994-01-01' AND l_shipdate < date '1994-01-08' AND l_quantity < 24
-- ## change
DROP INDEX lineitem_shipdate;

-- # An index on a foreign key is dropped
-- tpch: lost-index, join, cost
-- ## before
SELECT c_name, o_orderkey, o_totalprice
FROM customer
JOIN orders ON o_custkey = c_custkey
WHERE c_phone LIKE '13-702-%' OR c_phone = '25-989-741-2988'
-- ## change
DROP INDEX orders_customer;

-- # The primary key of a detail table is dropped
-- tpch: lost-index, join, cost
-- ## before
SELECT o_orderkey, o_orderdate, sum(l_extendedprice)
FROM orders
JOIN lineitem ON l_orderkey = o_orderkey
WHERE o_orderdate >= date '1995-03-01' AND o_orderdate < date '1995-03-03'
GROUP BY o_orderkey
-- ## change
ALTER TABLE lineitem DROP CONSTRAINT lineitem_pkey;
