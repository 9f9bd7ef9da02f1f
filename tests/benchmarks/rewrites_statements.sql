-- Statements on TPC-H's tables as people write them in a hurry. One for each `-- #`.

-- # Customers that never ordered
SELECT c.c_custkey, c.c_name FROM customer AS c WHERE c.c_custkey NOT IN (SELECT o.o_custkey FROM orders AS o)

-- # Parts that nobody sold in a week
SELECT p.p_partkey FROM part AS p
WHERE p.p_partkey <> ALL (
    SELECT l.l_partkey FROM lineitem AS l WHERE l.l_shipdate >= '1995-01-01' AND l.l_shipdate < '1995-01-08'
)

-- # Orders without a late line
SELECT o.o_orderkey FROM orders AS o
WHERE o.o_orderdate >= '1996-01-01' AND o.o_orderdate < '1996-02-01'
  AND o.o_orderkey NOT IN (SELECT l.l_orderkey FROM lineitem AS l WHERE l.l_receiptdate > l.l_commitdate)

-- # Customers with an order, by counting
SELECT count(*) FROM customer AS c WHERE (SELECT count(*) FROM orders AS o WHERE o.o_custkey = c.c_custkey) > 0

-- # Suppliers without parts, by counting
SELECT s.s_name FROM supplier AS s WHERE (SELECT count(*) FROM partsupp AS ps WHERE ps.ps_suppkey = s.s_suppkey) = 0

-- # Is there anything large at all
SELECT count(*) > 0 FROM lineitem AS l WHERE l.l_quantity > 49

-- # Orders of a customer or a day
SELECT o.o_orderkey, o.o_totalprice FROM orders AS o JOIN customer AS c ON c.c_custkey = o.o_custkey
WHERE c.c_phone = '25-989-741-2988' OR o.o_orderdate = '1997-03-05'

-- # Lines of an order or of a part
SELECT l.l_orderkey, l.l_linenumber FROM lineitem AS l JOIN part AS p ON p.p_partkey = l.l_partkey
WHERE l.l_orderkey = 4711 OR p.p_name = 'goldenrod lavender spring chocolate lace'

-- # How many lines of an order or of a brand's size
SELECT count(*), sum(l.l_quantity) FROM lineitem AS l JOIN part AS p ON p.p_partkey = l.l_partkey
WHERE l.l_orderkey < 100 OR (p.p_brand = 'Brand#13' AND p.p_size = 7)

-- # The total of each customer
SELECT c.c_custkey, (SELECT sum(o.o_totalprice) FROM orders AS o WHERE o.o_custkey = c.c_custkey) AS total
FROM customer AS c

-- # Lines that sell more than is usual for the part
SELECT l.l_orderkey, l.l_linenumber FROM lineitem AS l
WHERE l.l_partkey < 2000 AND l.l_quantity > (SELECT 1.8 * avg(x.l_quantity) FROM lineitem AS x WHERE x.l_partkey = l.l_partkey)

-- # Small orders of a part
SELECT sum(l.l_extendedprice) / 7.0 FROM lineitem AS l JOIN part AS p ON p.p_partkey = l.l_partkey
WHERE p.p_brand = 'Brand#23'
  AND l.l_quantity < (SELECT 0.2 * avg(x.l_quantity) FROM lineitem AS x WHERE x.l_partkey = p.p_partkey)

-- # The name beside the number
SELECT o.o_orderkey, (SELECT c.c_name FROM customer AS c WHERE c.c_custkey = o.o_custkey) AS name FROM orders AS o

-- # The nation and the segment beside the number
SELECT o.o_orderkey,
       (SELECT c.c_nationkey FROM customer AS c WHERE c.c_custkey = o.o_custkey) AS nation,
       (SELECT c.c_mktsegment FROM customer AS c WHERE c.c_custkey = o.o_custkey) AS segment
FROM orders AS o

-- # First, last and number of orders
SELECT c.c_custkey,
       (SELECT min(o.o_orderdate) FROM orders AS o WHERE o.o_custkey = c.c_custkey) AS first,
       (SELECT max(o.o_orderdate) FROM orders AS o WHERE o.o_custkey = c.c_custkey) AS last,
       (SELECT count(*) FROM orders AS o WHERE o.o_custkey = c.c_custkey) AS number
FROM customer AS c

-- # Events of a day
SELECT count(*) FROM event AS e WHERE date(e.e_at) = '1996-05-17'

-- # Events of a day, by a cast
SELECT e.e_eventkey, e.e_code FROM event AS e WHERE e.e_at::date = '1997-11-03'

-- # Events of a month
SELECT e.e_code, count(*) FROM event AS e WHERE date_trunc('month', e.e_at) = '1995-09-01' GROUP BY e.e_code

-- # Events of a year
SELECT count(*) FROM event AS e WHERE extract(year FROM e.e_at) = 1998

-- # What came in on a day
SELECT e.e_eventkey FROM event AS e WHERE e.e_received::date BETWEEN '1994-03-01' AND '1994-03-07'

-- # Orders of a year
SELECT count(*) FROM orders AS o WHERE extract(year FROM o.o_orderdate) = 1998

-- # An order by its number as a text
SELECT o.o_orderkey, o.o_totalprice FROM orders AS o WHERE o.o_orderkey::text = '4711'

-- # Lines of an order by a fraction
SELECT l.l_linenumber FROM lineitem AS l WHERE l.l_orderkey = 4711.0

-- # Orders, all different
SELECT DISTINCT o.o_orderkey, o.o_orderdate, c.c_name FROM orders AS o JOIN customer AS c ON c.c_custkey = o.o_custkey

-- # How many orders in each priority
SELECT o.o_orderpriority, count(DISTINCT o.o_orderkey) FROM orders AS o GROUP BY o.o_orderpriority

-- # Lines, all different
SELECT DISTINCT l.l_orderkey, l.l_linenumber, l.l_quantity FROM lineitem AS l WHERE l.l_shipdate >= '1997-01-01'

-- # Customers in a list that a subquery gives
SELECT o.o_custkey, sum(o.o_totalprice) FROM orders AS o GROUP BY o.o_custkey
HAVING o.o_custkey IN (SELECT c.c_custkey FROM customer AS c WHERE c.c_mktsegment = 'BUILDING' AND c.c_acctbal > 9000)

-- # One customer in HAVING
SELECT l.l_suppkey, sum(l.l_quantity) FROM lineitem AS l GROUP BY l.l_suppkey
HAVING l.l_suppkey IN (SELECT s.s_suppkey FROM supplier AS s WHERE s.s_name = 'Supplier#000000077')

-- # Orders with a rich customer, by an outer join
SELECT o.o_orderkey FROM orders AS o LEFT JOIN customer AS c ON c.c_custkey = o.o_custkey
WHERE coalesce(c.c_acctbal, 0) > 9990

-- # Events with what nobody asks for
SELECT count(*) FROM event AS e JOIN customer AS c ON c.c_custkey = e.e_custkey JOIN orders AS o ON o.o_orderkey = e.e_orderkey

-- # Lines with an outer join for nothing
SELECT sum(l.l_quantity) FROM lineitem AS l LEFT JOIN orders AS o ON o.o_orderkey = l.l_orderkey
LEFT JOIN part AS p ON p.p_partkey = l.l_partkey

-- # Cheap and dear orders
SELECT o.o_orderkey, o.o_custkey, o.o_orderdate FROM orders AS o WHERE o.o_shippriority = 0 AND o.o_orderkey < 300000
UNION
SELECT o.o_orderkey, o.o_custkey, o.o_orderdate FROM orders AS o WHERE o.o_orderkey >= 300000

-- # Partners of two kinds
SELECT 'customer' AS kind, c.c_custkey AS key, c.c_name AS name FROM customer AS c
UNION
SELECT 'supplier', s.s_suppkey, s.s_name FROM supplier AS s

-- # One order behind a fence
WITH priced AS MATERIALIZED (
    SELECT l.l_orderkey, sum(l.l_extendedprice) AS price FROM lineitem AS l GROUP BY l.l_orderkey
)
SELECT price FROM priced WHERE l_orderkey = 4711

-- # A week behind a fence
WITH dated AS MATERIALIZED (SELECT o.o_orderkey, o.o_orderdate, o.o_totalprice FROM orders AS o)
SELECT sum(o_totalprice) FROM dated WHERE o_orderdate BETWEEN '1996-07-01' AND '1996-07-07'

-- # Two customers behind one name
WITH totals AS (SELECT o.o_custkey, sum(o.o_totalprice) AS total FROM orders AS o GROUP BY o.o_custkey)
SELECT a.total - b.total FROM totals AS a, totals AS b WHERE a.o_custkey = 370 AND b.o_custkey = 781

-- # Orders in which a line is, asked to be true
SELECT count(*) FROM orders AS o
WHERE (o.o_orderkey IN (SELECT l.l_orderkey FROM lineitem AS l WHERE l.l_shipdate > o.o_orderdate + 120)) IS TRUE

-- # Orders in an array of keys
SELECT o.o_orderdate FROM orders AS o
WHERE o.o_custkey = ANY (ARRAY (SELECT c.c_custkey FROM customer AS c WHERE c.c_nationkey = 3))
