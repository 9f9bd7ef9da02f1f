-- Joins and subqueries.

-- # A join condition is forgotten
-- demo: cost, rows, join
-- ## before
SELECT o.number, p.name, i.quantity
FROM orders AS o, items AS i, products AS p
WHERE o.id = i.order_id AND p.id = i.product_id AND o.number = 'R00791900'
-- ## after
SELECT o.number, p.name, i.quantity
FROM orders AS o, items AS i, products AS p
WHERE o.id = i.order_id AND o.number = 'R00791900'

-- # A join gets a second way by OR
-- demo: cost, join
-- ## before
SELECT o.id, c.email
FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id
WHERE o.placed_at >= '2025-03-03 00:00+00' AND o.placed_at < '2025-03-04 00:00+00'
-- ## after
SELECT o.id, c.email
FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id OR c.name = o.coupon
WHERE o.placed_at >= '2025-03-03 00:00+00' AND o.placed_at < '2025-03-04 00:00+00'

-- # A join compares keys as text
-- demo: cost, join, lost-index
-- ## before
SELECT o.number, c.email FROM orders AS o JOIN customers AS c ON c.id = o.customer_id WHERE o.number = 'R00791900'
-- ## after
SELECT o.number, c.email
FROM orders AS o
JOIN customers AS c ON c.id::text = o.customer_id::text
WHERE o.number = 'R00791900'

-- # A condition moves from WHERE into a left join
-- demo: cost, rows
-- ## before
SELECT o.id, c.email
FROM orders AS o
LEFT JOIN customers AS c ON c.id = o.customer_id
WHERE o.placed_at >= '2025-11-30' AND c.country = 'LU'
-- ## after
SELECT o.id, c.email
FROM orders AS o
LEFT JOIN customers AS c ON c.id = o.customer_id AND o.placed_at >= '2025-11-30' AND c.country = 'LU'

-- # A subquery per row takes the place of a join
-- demo: cost
-- ## before
SELECT c.id, coalesce(sum(e.sold), 0)
FROM products AS c
LEFT JOIN (SELECT product_id, sum(quantity) AS sold FROM items GROUP BY product_id) AS e ON e.product_id = c.id
GROUP BY c.id
-- ## after
SELECT c.id, (SELECT coalesce(sum(price * quantity), 0) FROM items AS i WHERE i.product_id = c.id) FROM products AS c

-- # A subquery per row has no index
-- demo: cost, seq-scan
-- ## before
SELECT p.id, p.name
FROM products AS p
JOIN (SELECT category, max(price) AS price FROM products GROUP BY category) AS top
  ON top.category = p.category AND top.price = p.price
-- ## after
SELECT p.id, p.name
FROM products AS p
WHERE p.price = (SELECT max(q.price) FROM products AS q WHERE q.category = p.category)

-- # NOT IN takes the place of NOT EXISTS
-- demo: cost, join
-- ## before
SELECT c.id, c.email
FROM customers AS c
WHERE c.created_at >= '2025-11-28' AND NOT EXISTS (SELECT FROM events AS e WHERE e.customer_id = c.id)
-- ## after
SELECT c.id, c.email
FROM customers AS c
WHERE c.created_at >= '2025-11-28' AND c.id NOT IN (SELECT e.customer_id FROM events AS e WHERE e.customer_id IS NOT NULL)

-- # Existence is found by counting
-- demo: cost
-- ## before
SELECT p.id, p.name FROM products AS p WHERE EXISTS (SELECT FROM items AS i WHERE i.product_id = p.id)
-- ## after
SELECT p.id, p.name FROM products AS p WHERE (SELECT count(*) FROM items AS i WHERE i.product_id = p.id) > 0

-- # A common table expression is fenced off
-- demo: cost, lost-index
-- ## before
WITH recent AS (SELECT id, customer_id, total, placed_at FROM orders WHERE total > 20)
SELECT id, total FROM recent WHERE customer_id = 4321
-- ## after
WITH recent AS MATERIALIZED (SELECT id, customer_id, total, placed_at FROM orders WHERE total > 20)
SELECT id, total FROM recent WHERE customer_id = 4321

-- # OFFSET 0 fences a subquery off
-- demo: cost, lost-index
-- ## before
SELECT id, total FROM (SELECT id, customer_id, total FROM orders) AS o WHERE customer_id = 4321
-- ## after
SELECT id, total FROM (SELECT id, customer_id, total FROM orders OFFSET 0) AS o WHERE customer_id = 4321

-- # A view learns to leave out doubles
-- demo: cost, lost-index
-- ## before
SELECT id, number, email FROM order_overview WHERE customer_id = 4321
-- ## change
CREATE OR REPLACE VIEW order_overview AS
SELECT DISTINCT ON (o.number) o.id, o.number, o.customer_id, o.placed_at, o.total, c.email, c.country
FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id
ORDER BY o.number, o.placed_at DESC;

-- # A view is joined with one table more
-- demo: cost, join
-- ## before
SELECT number, total FROM order_overview WHERE placed_at >= '2025-11-25'
-- ## change
CREATE OR REPLACE VIEW order_overview AS
SELECT o.id, o.number, o.customer_id, o.placed_at, o.total, c.email, c.country
FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id
JOIN events AS e ON e.customer_id = c.id AND e.kind = 'view';

-- # IN is given a subquery that no index serves
-- demo: cost, seq-scan
-- ## before
SELECT id, number FROM orders WHERE id IN (SELECT order_id FROM items WHERE product_id = 3900)
-- ## after
SELECT id, number FROM orders WHERE id IN (SELECT order_id FROM items WHERE price = 104.50)

-- # The latest row per customer is found without an index
-- demo: cost, seq-scan, lost-index
-- ## before
SELECT c.id, l.placed_at
FROM customers AS c
CROSS JOIN LATERAL (SELECT placed_at FROM orders AS o WHERE o.customer_id = c.id ORDER BY placed_at DESC LIMIT 1) AS l
WHERE c.created_at >= '2025-11-28'
-- ## after
SELECT c.id, l.shipped_at
FROM customers AS c
CROSS JOIN LATERAL (SELECT shipped_at FROM orders AS o WHERE o.customer_id + 0 = c.id ORDER BY shipped_at DESC LIMIT 1) AS l
WHERE c.created_at >= '2025-11-28'

-- # A function is not inlined any more
-- demo: cost, plan
-- ## before
SELECT count(*) FROM items WHERE gross(price) > 200
-- ## change
CREATE OR REPLACE FUNCTION gross(net numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE
AS $$ BEGIN RETURN round(net * 1.19, 2); END $$;

-- # TPC-H 15 computes its revenue twice
-- tpch: cost
-- ## before
Q15
-- ## after
WITH revenue (supplier_no, total_revenue) AS NOT MATERIALIZED (
    SELECT l_suppkey, sum(l_extendedprice * (1 - l_discount))
    FROM lineitem
    WHERE l_shipdate >= date '1996-01-01'
      AND l_shipdate < date '1996-01-01' + interval '3' month
    GROUP BY l_suppkey
)
SELECT s_suppkey, s_name, s_address, s_phone, total_revenue
FROM supplier, revenue
WHERE s_suppkey = supplier_no
  AND total_revenue = (SELECT max(total_revenue) FROM revenue)
ORDER BY s_suppkey

-- # TPC-H 12 for all years
-- tpch: cost, join
-- ## before
SELECT l_shipmode, count(*)
FROM orders, lineitem
WHERE o_orderkey = l_orderkey
  AND o_orderpriority = '1-URGENT'
  AND l_shipdate >= date '1994-01-01' AND l_shipdate < date '1994-01-15'
GROUP BY l_shipmode
-- ## after
SELECT l_shipmode, count(*)
FROM orders, lineitem
WHERE o_orderkey = l_orderkey
  AND o_orderpriority = '1-URGENT'
GROUP BY l_shipmode

-- # Parts and suppliers are joined without their key
-- tpch: cost, rows, join
-- ## before
SELECT p_name, s_name, ps_supplycost
FROM part, partsupp, supplier
WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND p_size = 15 AND p_type LIKE '%BRASS'
-- ## after
SELECT p_name, s_name, ps_supplycost
FROM part, partsupp, supplier
WHERE p_partkey = ps_partkey AND p_size = 15 AND p_type LIKE '%BRASS'
