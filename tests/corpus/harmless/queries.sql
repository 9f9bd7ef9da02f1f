-- Another query that does the same work, or less.

-- # A common table expression is put in place
-- demo
-- ## before
WITH recent AS (SELECT id, customer_id, total FROM orders WHERE placed_at >= '2025-11-25')
SELECT c.email, r.total FROM recent AS r JOIN customers AS c ON c.id = r.customer_id
-- ## after
SELECT c.email, r.total
FROM (SELECT id, customer_id, total FROM orders WHERE placed_at >= '2025-11-25') AS r
JOIN customers AS c ON c.id = r.customer_id

-- # A subquery becomes a common table expression
-- tpch
-- ## before
Q22
-- ## after
WITH custsale AS (
    SELECT substring(c_phone FROM 1 FOR 2) AS cntrycode, c_acctbal
    FROM customer
    WHERE substring(c_phone FROM 1 FOR 2) IN ('13', '31', '23', '29', '30', '18', '17')
      AND c_acctbal > (
          SELECT avg(c_acctbal)
          FROM customer
          WHERE c_acctbal > 0.00
            AND substring(c_phone FROM 1 FOR 2) IN ('13', '31', '23', '29', '30', '18', '17')
      )
      AND NOT EXISTS (SELECT 1 FROM orders WHERE o_custkey = c_custkey)
)
SELECT cntrycode, count(*) AS numcust, sum(c_acctbal) AS totacctbal
FROM custsale
GROUP BY cntrycode
ORDER BY cntrycode

-- # EXISTS takes the place of IN
-- tpch
-- ## before
Q20
-- ## after
SELECT s_name, s_address
FROM supplier
JOIN nation ON s_nationkey = n_nationkey
WHERE EXISTS (
        SELECT 1
        FROM partsupp
        WHERE ps_suppkey = s_suppkey
          AND ps_partkey IN (SELECT p_partkey FROM part WHERE p_name LIKE 'forest%')
          AND ps_availqty > (
              SELECT 0.5 * sum(l_quantity)
              FROM lineitem
              WHERE l_partkey = ps_partkey
                AND l_suppkey = ps_suppkey
                AND l_shipdate >= date '1994-01-01'
                AND l_shipdate < date '1994-01-01' + interval '1' year
          )
    )
  AND n_name = 'CANADA'
ORDER BY s_name

-- # A condition on a group moves from HAVING to WHERE
-- demo
-- ## before
SELECT customer_id, count(*) FROM orders GROUP BY customer_id HAVING customer_id BETWEEN 4000 AND 4100
-- ## after
SELECT customer_id, count(*) FROM orders WHERE customer_id BETWEEN 4000 AND 4100 GROUP BY customer_id

-- # A condition moves from WHERE into an inner join
-- demo
-- ## before
SELECT o.id, c.email FROM orders AS o JOIN customers AS c ON c.id = o.customer_id WHERE o.placed_at >= '2025-11-29'
-- ## after
SELECT o.id, c.email FROM orders AS o JOIN customers AS c ON c.id = o.customer_id AND o.placed_at >= '2025-11-29'

-- # A left join whose right side is wanted becomes an inner join
-- demo
-- ## before
SELECT o.id, c.email
FROM orders AS o
LEFT JOIN customers AS c ON c.id = o.customer_id
WHERE o.placed_at >= '2025-11-29' AND c.country = 'LU'
-- ## after
SELECT o.id, c.email
FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id
WHERE o.placed_at >= '2025-11-29' AND c.country = 'LU'

-- # A join that adds nothing is left out
-- demo
-- ## before
SELECT o.id, o.total FROM orders AS o LEFT JOIN profiles AS p ON p.customer_id = o.customer_id WHERE o.customer_id = 4321
-- ## after
SELECT o.id, o.total FROM orders AS o WHERE o.customer_id = 4321

-- # A query goes through a view
-- demo
-- ## before
SELECT o.number, c.email FROM orders AS o JOIN customers AS c ON c.id = o.customer_id WHERE o.number = 'R00791900'
-- ## after
SELECT number, email FROM order_overview WHERE number = 'R00791900'

-- # A condition that is always true is added
-- demo
-- ## before
SELECT id, number FROM orders WHERE customer_id = 4321
-- ## after
SELECT id, number FROM orders WHERE 1 = 1 AND customer_id = 4321

-- # A column is added that the row holds anyway
-- demo
-- ## before
SELECT id, number FROM orders WHERE customer_id = 4321 ORDER BY placed_at DESC LIMIT 20
-- ## after
SELECT id, number, total, status FROM orders WHERE customer_id = 4321 ORDER BY placed_at DESC LIMIT 20

-- # A result is shown in another format
-- demo
-- ## before
SELECT id, number, placed_at FROM orders WHERE customer_id = 4321 ORDER BY placed_at DESC LIMIT 20
-- ## after
SELECT id, upper(number) AS number, to_char(placed_at, 'YYYY-MM-DD') AS day
FROM orders
WHERE customer_id = 4321
ORDER BY placed_at DESC
LIMIT 20

-- # DISTINCT is added to a unique key
-- demo
-- ## before
SELECT id, number FROM orders WHERE customer_id = 4321
-- ## after
SELECT DISTINCT id, number FROM orders WHERE customer_id = 4321

-- # A limit is added
-- demo
-- ## before
SELECT id, number, total FROM orders ORDER BY placed_at DESC
-- ## after
SELECT id, number, total FROM orders ORDER BY placed_at DESC LIMIT 100

-- # A limit of 200 becomes one of 201
-- demo
-- ## before
SELECT id, number, placed_at FROM orders ORDER BY placed_at DESC LIMIT 200
-- ## after
SELECT id, number, placed_at FROM orders ORDER BY placed_at DESC LIMIT 201

-- # A function around a column is taken away
-- demo
-- ## before
SELECT count(*) FROM orders WHERE date(placed_at) = '2025-03-03'
-- ## after
SELECT count(*) FROM orders WHERE placed_at >= '2025-03-03' AND placed_at < '2025-03-04'

-- # A fence is taken away
-- demo
-- ## before
WITH o AS MATERIALIZED (SELECT id, customer_id, total FROM orders) SELECT id, total FROM o WHERE customer_id = 4321
-- ## after
WITH o AS (SELECT id, customer_id, total FROM orders) SELECT id, total FROM o WHERE customer_id = 4321

-- # A key of partitions is given its constant
-- demo
-- ## before
SELECT max(ms) FROM visits WHERE country = 'DE'
-- ## after
SELECT max(ms) FROM visits WHERE country = 'DE' AND at >= '2025-03-01' AND at < '2025-04-01'

-- # Another month of the partitions is asked for
-- demo
-- ## before
SELECT count(*) FROM visits WHERE at >= '2025-03-01' AND at < '2025-04-01'
-- ## after
SELECT count(*) FROM visits WHERE at >= '2025-05-01' AND at < '2025-06-01'

-- # UNION of what cannot overlap becomes UNION ALL
-- demo
-- ## before
SELECT id FROM orders WHERE status = 'open' UNION SELECT id FROM orders WHERE status = 'returned'
-- ## after
SELECT id FROM orders WHERE status = 'open' UNION ALL SELECT id FROM orders WHERE status = 'returned'

-- # A condition is added that leaves fewer rows
-- tpch
-- ## before
Q13
-- ## after
SELECT c_count, count(*) AS custdist
FROM (
    SELECT c_custkey, count(o_orderkey)
    FROM customer
    LEFT OUTER JOIN orders ON c_custkey = o_custkey AND o_comment NOT LIKE '%special%requests%' AND o_totalprice > 1000
    GROUP BY c_custkey
) AS c_orders (c_custkey, c_count)
GROUP BY c_count
ORDER BY custdist DESC, c_count DESC

-- # A query is put together by a generator
-- tpch
-- ## before
Q7
-- ## after
SELECT t0.supp_nation, t0.cust_nation, t0.l_year, sum(t0.volume) AS revenue
FROM (
    SELECT t5.n_name AS supp_nation, t6.n_name AS cust_nation, extract(year FROM t2.l_shipdate) AS l_year,
           t2.l_extendedprice * (1 - t2.l_discount) AS volume
    FROM supplier t1
    INNER JOIN lineitem t2 ON t1.s_suppkey = t2.l_suppkey
    INNER JOIN orders t3 ON t3.o_orderkey = t2.l_orderkey
    INNER JOIN customer t4 ON t4.c_custkey = t3.o_custkey
    INNER JOIN nation t5 ON t1.s_nationkey = t5.n_nationkey
    INNER JOIN nation t6 ON t4.c_nationkey = t6.n_nationkey
    WHERE ((t5.n_name = 'FRANCE' AND t6.n_name = 'GERMANY') OR (t5.n_name = 'GERMANY' AND t6.n_name = 'FRANCE'))
      AND t2.l_shipdate BETWEEN date '1995-01-01' AND date '1996-12-31'
) t0
GROUP BY t0.supp_nation, t0.cust_nation, t0.l_year
ORDER BY t0.supp_nation, t0.cust_nation, t0.l_year

-- # A common OR is factored out
-- tpch
-- ## before
Q19
-- ## after
SELECT sum(l_extendedprice * (1 - l_discount)) AS revenue
FROM lineitem
JOIN part ON p_partkey = l_partkey
WHERE l_shipinstruct = 'DELIVER IN PERSON'
  AND l_shipmode IN ('AIR', 'AIR REG')
  AND (
      (p_brand = 'Brand#12' AND p_container IN ('SM CASE', 'SM BOX', 'SM PACK', 'SM PKG')
       AND l_quantity BETWEEN 1 AND 11 AND p_size BETWEEN 1 AND 5)
   OR (p_brand = 'Brand#23' AND p_container IN ('MED BAG', 'MED BOX', 'MED PKG', 'MED PACK')
       AND l_quantity BETWEEN 10 AND 20 AND p_size BETWEEN 1 AND 10)
   OR (p_brand = 'Brand#34' AND p_container IN ('LG CASE', 'LG BOX', 'LG PACK', 'LG PKG')
       AND l_quantity BETWEEN 20 AND 30 AND p_size BETWEEN 1 AND 15)
  )
