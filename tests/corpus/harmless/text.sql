-- The same query in other words.

-- # A table is given another alias
-- demo
-- ## before
SELECT o.id, o.number FROM orders AS o JOIN customers AS c ON c.id = o.customer_id WHERE c.email = 'user4711@example.org'
-- ## after
SELECT ord.id, ord.number
FROM orders AS ord
JOIN customers AS cust ON cust.id = ord.customer_id
WHERE cust.email = 'user4711@example.org'

-- # A table is given an alias where it had none
-- demo, unnamed
-- ## before
SELECT orders.id, orders.number FROM orders WHERE orders.customer_id = 4321
-- ## after
SELECT o.id, o.number FROM orders o WHERE o.customer_id = 4321

-- # A column of the result is renamed
-- demo
-- ## before
SELECT status, count(*) AS n, sum(total) AS takings FROM orders WHERE placed_at >= '2025-11-25' GROUP BY status ORDER BY n
-- ## after
SELECT status, count(*) AS orders, sum(total) AS revenue
FROM orders
WHERE placed_at >= '2025-11-25'
GROUP BY status
ORDER BY orders

-- # Conditions change places
-- tpch
-- ## before
Q6
-- ## after
SELECT sum(l_extendedprice * l_discount) AS revenue
FROM lineitem
WHERE l_quantity < 24
  AND l_discount BETWEEN 0.06 - 0.01 AND 0.06 + 0.01
  AND l_shipdate < date '1994-01-01' + interval '1' year
  AND l_shipdate >= date '1994-01-01'

-- # Tables of a join change places
-- tpch
-- ## before
Q3
-- ## after
SELECT l_orderkey, sum(l_extendedprice * (1 - l_discount)) AS revenue, o_orderdate, o_shippriority
FROM lineitem, customer, orders
WHERE l_shipdate > date '1995-03-15'
  AND o_orderdate < date '1995-03-15'
  AND l_orderkey = o_orderkey
  AND c_custkey = o_custkey
  AND c_mktsegment = 'BUILDING'
GROUP BY l_orderkey, o_orderdate, o_shippriority
ORDER BY revenue DESC, o_orderdate
LIMIT 10

-- # Joins are written out
-- tpch
-- ## before
Q5
-- ## after
SELECT n_name, sum(l_extendedprice * (1 - l_discount)) AS revenue
FROM customer
JOIN orders ON c_custkey = o_custkey
INNER JOIN lineitem ON l_orderkey = o_orderkey
INNER JOIN supplier ON l_suppkey = s_suppkey AND c_nationkey = s_nationkey
JOIN nation ON s_nationkey = n_nationkey
JOIN region ON n_regionkey = r_regionkey
WHERE r_name = 'ASIA'
  AND o_orderdate >= date '1994-01-01'
  AND o_orderdate < date '1994-01-01' + interval '1' year
GROUP BY n_name
ORDER BY revenue DESC

-- # The sides of a join condition change places
-- demo
-- ## before
SELECT i.line, p.name FROM items AS i JOIN products AS p ON p.id = i.product_id WHERE i.order_id = 777 ORDER BY i.line
-- ## after
SELECT i.line, p.name FROM products AS p JOIN items AS i ON i.product_id = p.id WHERE 777 = i.order_id ORDER BY i.line

-- # The query is laid out in another way
-- tpch, unnamed
-- ## before
Q12
-- ## after
select l_shipmode, sum(case when o_orderpriority = '1-URGENT' or o_orderpriority = '2-HIGH' then 1 else 0 end) as
high_line_count, sum(case when o_orderpriority <> '1-URGENT' and o_orderpriority <> '2-HIGH' then 1 else 0 end) as
low_line_count from orders, lineitem where o_orderkey = l_orderkey and l_shipmode in ('MAIL', 'SHIP') and l_commitdate
< l_receiptdate and l_shipdate < l_commitdate and l_receiptdate >= date '1994-01-01' and l_receiptdate < date
'1994-01-01' + interval '1' year group by l_shipmode order by l_shipmode;

-- # Comments are added
-- tpch
-- ## before
Q14
-- ## after
/* Which part of the revenue do promotions bring? */
SELECT 100.00 * sum(CASE WHEN p_type LIKE 'PROMO%' THEN l_extendedprice * (1 - l_discount) ELSE 0 END)
       / sum(l_extendedprice * (1 - l_discount)) AS promo_revenue -- in per cent
FROM lineitem, part
WHERE l_partkey = p_partkey -- the key of part
  AND l_shipdate >= date '1995-09-01'
  AND l_shipdate < date '1995-09-01' + interval '1' month

-- # A comment that a tracing library writes changes
-- demo
-- ## before
SELECT id, number FROM orders WHERE customer_id = 4321 /* app:shop,trace:00f067aa0ba902b7 */
-- ## after
SELECT id, number FROM orders WHERE customer_id = 4321 /* app:shop,trace:b7ad6b7169203331 */

-- # Names are quoted
-- demo, unnamed
-- ## before
SELECT id, number FROM orders WHERE customer_id = 4321 ORDER BY placed_at DESC LIMIT 20
-- ## after
SELECT "id", "number" FROM "orders" WHERE "customer_id" = 4321 ORDER BY "placed_at" DESC LIMIT 20;

-- # The schema is named
-- demo
-- ## before
SELECT id, email FROM customers WHERE email = 'user4711@example.org'
-- ## after
SELECT id, email FROM public.customers WHERE public.customers.email = 'user4711@example.org'

-- # Unequal is written in the other way
-- demo
-- ## before
SELECT count(*) FROM orders WHERE status <> 'done' AND placed_at >= '2025-11-01'
-- ## after
SELECT count(*) FROM orders WHERE status != 'done' AND placed_at >= '2025-11-01'

-- # A list of one becomes an equality
-- demo
-- ## before
SELECT id, number FROM orders WHERE customer_id IN (4321)
-- ## after
SELECT id, number FROM orders WHERE customer_id = 4321

-- # BETWEEN is taken apart
-- demo
-- ## before
SELECT count(*), sum(total) FROM orders WHERE placed_at BETWEEN '2025-03-03' AND '2025-03-04'
-- ## after
SELECT count(*), sum(total) FROM orders WHERE placed_at >= '2025-03-03' AND placed_at <= '2025-03-04'

-- # USING becomes ON
-- demo
-- ## before
SELECT c.customer_id, t.total FROM addresses AS c JOIN customer_totals AS t USING (customer_id) WHERE c.zip = 77
-- ## after
SELECT c.customer_id, t.total
FROM addresses AS c
JOIN customer_totals AS t ON t.customer_id = c.customer_id
WHERE c.zip = 77

-- # The select list is put in another order
-- tpch
-- ## before
Q10
-- ## after
SELECT n_name, c_custkey, c_name, c_acctbal, c_address, c_phone, c_comment,
       sum(l_extendedprice * (1 - l_discount)) AS revenue
FROM customer, orders, lineitem, nation
WHERE c_custkey = o_custkey
  AND l_orderkey = o_orderkey
  AND o_orderdate >= date '1993-10-01'
  AND o_orderdate < date '1993-10-01' + interval '3' month
  AND l_returnflag = 'R'
  AND c_nationkey = n_nationkey
GROUP BY c_custkey, c_name, c_acctbal, c_phone, n_name, c_address, c_comment
ORDER BY revenue DESC
LIMIT 20

-- # A cast is written in the other way
-- demo
-- ## before
SELECT count(*) FROM orders WHERE placed_at >= '2025-11-25'::timestamptz AND total > '100'::numeric
-- ## after
SELECT count(*) FROM orders WHERE placed_at >= CAST('2025-11-25' AS timestamptz) AND total > CAST('100' AS numeric)

-- # Parentheses are added
-- demo, unnamed
-- ## before
SELECT id, number FROM orders WHERE status = 'open' AND placed_at >= '2025-01-01' OR status = 'returned'
-- ## after
SELECT id, number FROM orders WHERE ((status = 'open') AND (placed_at >= '2025-01-01')) OR (status = 'returned')

-- # Interval arithmetic is written out
-- tpch
-- ## before
Q4
-- ## after
SELECT o_orderpriority, count(*) AS order_count
FROM orders
WHERE o_orderdate >= '1993-07-01'::date
  AND o_orderdate < '1993-07-01'::date + '3 months'::interval
  AND EXISTS (
      SELECT 1 FROM lineitem AS l WHERE l.l_orderkey = orders.o_orderkey AND l.l_receiptdate > l.l_commitdate
  )
GROUP BY o_orderpriority
ORDER BY 1

-- # Columns to sort by are numbered
-- tpch
-- ## before
Q1
-- ## after
SELECT l_returnflag, l_linestatus, sum(l_quantity) AS sum_qty, sum(l_extendedprice) AS sum_base_price,
       sum(l_extendedprice * (1 - l_discount)) AS sum_disc_price,
       sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS sum_charge,
       avg(l_quantity) AS avg_qty, avg(l_extendedprice) AS avg_price, avg(l_discount) AS avg_disc,
       count(*) AS count_order
FROM lineitem
WHERE l_shipdate <= date '1998-12-01' - interval '90' day
GROUP BY 1, 2
ORDER BY 1, 2

-- # The query is renamed
-- demo
-- ## before
-- name: orders-of-customer
SELECT id, number, total FROM orders WHERE customer_id = 4321 ORDER BY placed_at DESC LIMIT 20
-- ## after
-- name: order-history
SELECT id, number, total FROM orders WHERE customer_id = 4321 ORDER BY placed_at DESC LIMIT 20

-- # The query moves down in its file
-- demo, unnamed
-- ## before
SELECT id, number, total FROM orders WHERE customer_id = 4321 ORDER BY placed_at DESC LIMIT 20
-- ## after
-- Orders.
--
-- What the page of a customer shows.

SELECT id, number, total FROM orders WHERE customer_id = 4321 ORDER BY placed_at DESC LIMIT 20;

-- # A query is added
-- demo
-- ## before
-- name: first
SELECT id, number FROM orders WHERE customer_id = 4321
-- ## after
-- name: first
SELECT id, number FROM orders WHERE customer_id = 4321;
-- name: second
SELECT id, name FROM products WHERE sku = 'SKU-000777';

-- # A query is removed
-- demo
-- ## before
-- name: first
SELECT id, number FROM orders WHERE customer_id = 4321;
-- name: second
SELECT id, name FROM products WHERE sku = 'SKU-000777';
-- ## after
-- name: second
SELECT id, name FROM products WHERE sku = 'SKU-000777'

-- # Two queries change places
-- demo, unnamed
-- ## before
SELECT id, number FROM orders WHERE customer_id = 4321;
SELECT id, name FROM products WHERE sku = 'SKU-000777';
SELECT kind, created_at FROM events WHERE session_id = 'c4ca4238a0b92382';
-- ## after
SELECT kind, created_at FROM events WHERE session_id = 'c4ca4238a0b92382';
SELECT id, number FROM orders WHERE customer_id = 4321;
SELECT id, name FROM products WHERE sku = 'SKU-000777';

-- # Another customer is asked for
-- demo
-- ## before
SELECT id, number, total FROM orders WHERE customer_id = 4321
-- ## after
SELECT id, number, total FROM orders WHERE customer_id = 4322

-- # Another day of the same length is asked for
-- demo
-- ## before
SELECT status, sum(total) FROM orders WHERE placed_at >= '2025-03-03' AND placed_at < '2025-03-04' GROUP BY status
-- ## after
SELECT status, sum(total) FROM orders WHERE placed_at >= '2025-03-10' AND placed_at < '2025-03-11' GROUP BY status

-- # A literal becomes a parameter
-- demo
-- ## before
-- name: orders-of-customer
SELECT id, number, total FROM orders WHERE customer_id = 4321
-- ## after
-- name: orders-of-customer
-- params: [4321]
SELECT id, number, total FROM orders WHERE customer_id = $1

-- # A placeholder is given a name
-- demo
-- ## before
-- name: orders-of-customer
-- params: [4321, 20]
SELECT id, number, total FROM orders WHERE customer_id = $1 ORDER BY placed_at DESC LIMIT $2
-- ## after
-- name: orders-of-customer
-- params: {"customer": 4321, "count": 20}
SELECT id, number, total FROM orders WHERE customer_id = %(customer)s ORDER BY placed_at DESC LIMIT %(count)s
