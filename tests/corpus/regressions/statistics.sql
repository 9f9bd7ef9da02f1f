-- What the planner knows, and what it does not know any more. The gate sees the same snapshot before and after, but for
-- the change.

-- # Statistics on combinations of columns are dropped
-- demo: lost-statistics, estimate, join
-- ## before
SELECT a.street, o.number
FROM addresses AS a
JOIN orders AS o ON o.customer_id = a.customer_id
WHERE a.zip = 42 AND a.city = 4 AND a.country = 'IT'
-- ## change
DROP STATISTICS addresses_place;

-- # Statistics on the number of groups are dropped
-- demo: lost-statistics, estimate
-- ## before
SELECT zip, city, country, count(*) FROM addresses GROUP BY zip, city, country
-- ## change
DROP STATISTICS addresses_place;

-- # Statistics on common combinations are dropped
-- tpch: lost-statistics, estimate
-- ## before
SELECT p_partkey, p_name, ps_supplycost
FROM part
JOIN partsupp ON ps_partkey = p_partkey
WHERE p_mfgr = 'Manufacturer#3' AND p_brand = 'Brand#34'
-- ## change
DROP STATISTICS part_maker;

-- # Statistics on an expression are dropped
-- demo: lost-statistics, estimate
-- ## before
SELECT o.id, o.total, c.email
FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id
WHERE date_trunc('month', o.placed_at AT TIME ZONE 'UTC') = '2025-03-01'
-- ## change
DROP STATISTICS orders_month;

-- # An index that only gave statistics of its expression is dropped
-- demo: lost-statistics, estimate
-- ## given
CREATE INDEX events_even ON events (((payload ->> 'ms')::integer % 2));
ANALYZE events;
-- ## before
SELECT e.id, e.kind, c.email
FROM events AS e
JOIN customers AS c ON c.id = e.customer_id
WHERE (payload ->> 'ms')::integer % 2 = 0
-- ## change
DROP INDEX events_even;

-- # All statistics of a table are gone
-- demo: lost-statistics, estimate
-- ## before
SELECT o.id, o.number, c.email
FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id
WHERE o.status = 'done' AND o.placed_at >= '2025-01-01'
-- ## change
DELETE FROM pg_statistic WHERE starelid = 'orders'::regclass;

-- # A changed type takes the statistics of a column along
-- demo: lost-statistics, estimate
-- ## before
SELECT o.id, o.number, i.product_id, i.quantity
FROM orders AS o
JOIN items AS i ON i.order_id = o.id
WHERE o.status = 'done'
-- ## change
ALTER TABLE orders ALTER COLUMN status TYPE varchar(20);

-- # A table is made anew and never analysed
-- demo: stale-statistics, lost-statistics, estimate
-- ## before
SELECT a.street, c.email
FROM addresses AS a
JOIN customers AS c ON c.id = a.customer_id
WHERE a.country = 'DE' AND a.city < 40
-- ## change
CREATE TABLE made_anew (LIKE addresses INCLUDING INDEXES);
INSERT INTO made_anew SELECT * FROM addresses;
DROP TABLE addresses;
ALTER TABLE made_anew RENAME TO addresses;

-- # A table is loaded after it was analysed
-- demo: stale-statistics, estimate, lost-statistics, cost
-- ## before
SELECT e.id, e.kind, c.email
FROM events AS e
JOIN customers AS c ON c.id = e.customer_id
WHERE e.created_at >= '2025-11-29'
-- ## change
INSERT INTO events (customer_id, session_id, kind, payload, created_at)
SELECT customer_id, session_id, kind, payload, timestamptz '2025-11-30' + n * interval '2 days' / 160000
FROM (SELECT *, row_number() OVER () AS n FROM events) AS old;

-- # A table held ten rows when it was analysed
-- tpch: stale-statistics, estimate, lost-statistics, cost, join
-- ## given
CREATE TABLE returns (orderkey bigint NOT NULL, linenumber integer NOT NULL, reason text NOT NULL);
INSERT INTO returns SELECT l_orderkey, l_linenumber, 'too late' FROM lineitem WHERE l_returnflag = 'R';
ANALYZE returns;
-- ## before
SELECT r.orderkey, o.o_totalprice FROM returns AS r JOIN orders AS o ON o.o_orderkey = r.orderkey
-- ## change
CREATE TEMPORARY TABLE kept AS SELECT * FROM returns;
DROP TABLE returns;
CREATE TABLE returns (orderkey bigint NOT NULL, linenumber integer NOT NULL, reason text NOT NULL);
INSERT INTO returns SELECT * FROM kept LIMIT 10;
VACUUM (ANALYZE) returns;
INSERT INTO returns SELECT * FROM kept;

-- # A foreign key of two columns is dropped
-- tpch: lost-statistics, estimate, join
-- ## before
SELECT o_orderdate, sum(l_extendedprice - ps_supplycost * l_quantity)
FROM lineitem
JOIN partsupp ON ps_partkey = l_partkey AND ps_suppkey = l_suppkey
JOIN orders ON o_orderkey = l_orderkey
GROUP BY o_orderdate
-- ## change
ALTER TABLE lineitem DROP CONSTRAINT lineitem_l_partkey_l_suppkey_fkey;

-- # The number of distinct values is set by hand
-- tpch: estimate, join
-- ## before
SELECT l_suppkey, sum(l_quantity) FROM lineitem GROUP BY l_suppkey
-- ## change
ALTER TABLE lineitem ALTER COLUMN l_suppkey SET (n_distinct = -1);
ANALYZE lineitem;

-- # TPC-H 21 after the statistics of the lines are gone
-- tpch: lost-statistics, estimate
-- ## before
Q21
-- ## change
DELETE FROM pg_statistic WHERE starelid = 'lineitem'::regclass;

-- # A longer text type takes the statistics of a skewed column along
-- demo: lost-statistics, estimate
-- ## before
SELECT o.id, c.email FROM orders AS o JOIN customers AS c ON c.id = o.customer_id WHERE o.coupon = 'WELCOME3'
-- ## change
ALTER TABLE orders ALTER COLUMN coupon TYPE varchar(20);
