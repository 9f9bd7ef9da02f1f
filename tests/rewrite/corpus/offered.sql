-- Statements that are slower than they need to be, and the rule that helps. `-- values: a | b` gives $1, $2.

-- # Customers who never ordered
-- offers: not-in-to-not-exists
SELECT c.id, c.name FROM customers AS c
WHERE c.country = 'AT' AND c.id NOT IN (SELECT o.customer_id FROM orders AS o WHERE o.placed_at > c.created_at::timestamp)

-- # Not in, of a column that a condition keeps from being null
-- offers: not-in-to-not-exists
SELECT o.id FROM orders AS o
WHERE o.state = 'open'
  AND o.id NOT IN (SELECT n.agent_id FROM orders AS n WHERE n.agent_id IS NOT NULL AND n.placed_at > o.placed_at)

-- # All unlike, of several columns
-- offers: not-in-to-not-exists
SELECT count(*) FROM items AS i
WHERE i.quantity = 3 AND (i.order_id, i.product_id) NOT IN (SELECT p.order_id, x.product_id FROM payments AS p JOIN items AS x ON x.order_id = p.order_id WHERE x.quantity = i.quantity)

-- # Membership in an array of a subquery
-- offers: in-to-exists
SELECT o.id, o.total FROM orders AS o
WHERE o.id = ANY (ARRAY(SELECT i.order_id FROM items AS i WHERE i.product_id = o.customer_id))

-- # Membership that is asked to be true
-- offers: in-to-exists
SELECT c.name FROM customers AS c
WHERE (c.id IN (SELECT o.customer_id FROM orders AS o WHERE o.number = c.id + 100000)) IS TRUE

-- # Coalesced membership
-- offers: in-to-exists
SELECT c.id FROM customers AS c
WHERE coalesce(c.referrer_id IN (SELECT o.customer_id FROM orders AS o WHERE o.coupon = c.name), false)

-- # More than no orders
-- offers: count-to-exists
SELECT c.id, c.name FROM customers AS c WHERE (SELECT count(*) FROM orders AS o WHERE o.customer_id = c.id) > 0

-- # No items that are gifts
-- offers: count-to-exists
SELECT o.id FROM orders AS o WHERE o.state = 'open' AND 0 = (SELECT count(i.note) FROM items AS i WHERE i.order_id = o.id)

-- # A flag by a count
-- offers: count-to-exists
SELECT p.sku,
       (SELECT count(*) FILTER (WHERE i.quantity > 2) FROM items AS i WHERE i.product_id = p.id AND i.price > p.price) >= 1
FROM products AS p

-- # Is there any at all
-- offers: count-to-exists
SELECT count(*) > 0 FROM orders WHERE total > 5

-- # A group's condition with a subquery
-- offers: having-to-where
SELECT o.customer_id, sum(o.total) FROM orders AS o GROUP BY o.customer_id
HAVING o.customer_id IN (SELECT c.id FROM customers AS c WHERE c.country = 'AT' AND c.name = 'Customer 5')

-- # A group's condition that no subquery may meet
-- offers: having-to-where
SELECT i.product_id AS product, count(*) FROM items AS i GROUP BY product
HAVING count(*) > 3 AND EXISTS (SELECT 1 FROM products AS p WHERE p.id = i.product_id AND p.category = 'Category 7')

-- # An outer join whose rows without a match cannot be
-- offers: left-join-to-inner
SELECT o.id, c.name FROM orders AS o LEFT JOIN customers AS c ON c.id = o.customer_id
WHERE coalesce(c.name, '') = 'Customer 7'

-- # An outer join and a case
-- offers: left-join-to-inner
SELECT i.order_id, p.name FROM items AS i LEFT JOIN products AS p ON p.id = i.product_id
WHERE CASE WHEN p.category = 'Category 3' THEN true ELSE false END AND p.price IS NOT DISTINCT FROM 12.30

-- # An outer join along a foreign key
-- offers: left-join-to-inner
SELECT o.id, c.email FROM orders AS o LEFT JOIN customers AS c ON c.id = o.customer_id ORDER BY c.email LIMIT 10

-- # A table that is joined and not used
-- offers: needless-join
SELECT o.id, o.total FROM orders AS o JOIN customers AS c ON c.id = o.customer_id WHERE o.state = 'open'

-- # A table of which only the key is used
-- offers: needless-join
SELECT c.id, sum(o.total) FROM customers AS c, orders AS o WHERE o.customer_id = c.id GROUP BY c.id

-- # A table that leaves out rows without a foreign key
-- offers: needless-join
SELECT o.number FROM orders AS o JOIN customers AS agent ON agent.id = o.agent_id

-- # A chain of tables to the key
-- offers: needless-join, needless-join
SELECT i.order_id, i.line FROM items AS i JOIN orders AS o ON o.id = i.order_id JOIN products AS p ON p.id = i.product_id
WHERE i.quantity = 3

-- # Distinct rows with their key
-- offers: needless-distinct
SELECT DISTINCT o.id, o.total, c.name FROM orders AS o JOIN customers AS c ON c.id = o.customer_id

-- # Distinct groups
-- offers: needless-distinct
SELECT DISTINCT i.order_id, count(*) FROM items AS i GROUP BY i.order_id

-- # Distinct on the key
-- offers: needless-distinct
SELECT DISTINCT ON (c.email) c.email, c.name FROM customers AS c WHERE c.created_at > '2023-02-01'

-- # A count of different keys
-- offers: needless-distinct
SELECT o.state, count(DISTINCT o.id) FROM orders AS o LEFT JOIN customers AS c ON c.id = o.customer_id GROUP BY o.state

-- # Distinct rows of a part of a key, the other part being given
-- offers: needless-distinct
SELECT DISTINCT i.order_id, i.price FROM items AS i WHERE i.line = 1

-- # Two kinds of rows
-- offers: union-to-union-all
SELECT c.id, 'customer' AS kind FROM customers AS c UNION SELECT p.id, 'product' FROM products AS p

-- # Two ranges of one table
-- offers: union-to-union-all
SELECT i.order_id, i.line, i.price FROM items AS i WHERE i.price < 50
UNION
SELECT i.order_id, i.line, i.price FROM items AS i WHERE i.price >= 60

-- # A union that membership asks of
-- offers: union-to-union-all
SELECT c.name FROM customers AS c
WHERE c.id IN (SELECT o.customer_id FROM orders AS o WHERE o.total > 1 UNION SELECT n.customer_id FROM notes AS n)

-- # A day of a timestamp
-- offers: function-to-range
SELECT o.id, o.total FROM orders AS o WHERE date(o.placed_at) = '2024-03-05'

-- # A day as a parameter
-- offers: function-to-range
-- values: 2024-03-05
SELECT o.id FROM orders AS o WHERE o.placed_at::date = $1

-- # Days, without values
-- offers: function-to-range
SELECT sum(o.total) FROM orders AS o WHERE o.placed_at::date BETWEEN $1 AND $2

-- # A month cut out of a timestamp
-- offers: function-to-range
SELECT count(*) FROM orders AS o WHERE date_trunc('month', o.placed_at) = '2024-05-01'

-- # A month as a parameter
-- offers: function-to-range
-- values: 2024-05-01
SELECT count(*) FROM orders AS o WHERE date_trunc('month', o.placed_at) = $1

-- # A year
-- offers: function-to-range
SELECT c.name FROM customers AS c WHERE extract(year FROM c.birthday) = 1961

-- # A time with a time zone in a zone whose days are in order
-- offers: function-to-range
SELECT o.id FROM orders AS o WHERE date(o.shipped_at) = '2024-03-31'

-- # A day in a time zone that is named
-- offers: function-to-range
SELECT o.id FROM orders AS o WHERE (o.shipped_at AT TIME ZONE 'Europe/Berlin')::date = '2024-03-31'

-- # Some days of partitions
-- offers: function-to-range
SELECT v.path, count(*) FROM visits AS v WHERE v.at::date IN ('2024-02-28', '2024-02-29') GROUP BY v.path

-- # A day by the day's function of a joined table
-- offers: function-to-range
SELECT o.id, c.id FROM customers AS c JOIN orders AS o ON date(o.placed_at) = c.birthday WHERE c.id = 44

-- # An or over two tables
-- offers: or-to-union-all
SELECT o.id, c.name FROM orders AS o JOIN customers AS c ON c.id = o.customer_id
WHERE o.number = 100200 OR c.email = 'user77@example.com'

-- # An or of conditions to join by
-- offers: or-to-union-all, needless-join
SELECT o.id, c.id FROM orders AS o JOIN customers AS c ON c.id = o.customer_id OR c.name = o.coupon WHERE o.state = 'open'

-- # An or with a subquery
-- offers: or-to-union-all
SELECT c.id FROM customers AS c
WHERE c.id = 17 OR EXISTS (SELECT 1 FROM orders AS o WHERE o.customer_id = c.id AND o.coupon = 'WINTER12')

-- # An or below a count
-- offers: or-to-union-all, needless-join
SELECT count(*), sum(o.total) FROM orders AS o JOIN customers AS c ON c.id = o.customer_id
WHERE o.coupon = 'WINTER6' OR c.code = 'C77'

-- # An or among different rows
-- offers: or-to-union-all
SELECT DISTINCT o.customer_id, c.country FROM orders AS o JOIN customers AS c ON c.id = o.customer_id
WHERE o.number = 100300 OR c.token = 'c4ca4238-a0b9-2382-0dcc-509a6f75849b'

-- # A key that is compared as text
-- offers: cast-on-column
SELECT o.total FROM orders AS o WHERE o.id::text = '4711'

-- # A key that is compared with a numeric
-- offers: cast-on-column
SELECT p.name FROM products AS p WHERE p.id = 471.0

-- # A number that is compared with a fraction
-- offers: cast-on-column
SELECT o.id FROM orders AS o WHERE o.number > 139990.5

-- # A uuid that is compared as text
-- offers: cast-on-column
SELECT c.name FROM customers AS c WHERE c.token::text = 'c4ca4238-a0b9-2382-0dcc-509a6f75849b'

-- # A code that is compared as text
-- offers: cast-on-column
SELECT c.name FROM customers AS c WHERE c.code::text IN ('C12', 'C13')

-- # A condition behind a fence
-- offers: push-into-cte
WITH totals AS MATERIALIZED (SELECT customer_id, sum(total) AS total FROM orders GROUP BY customer_id)
SELECT total FROM totals WHERE customer_id = 77

-- # Two conditions on a query that is used twice
-- offers: push-into-cte
WITH busy AS (SELECT at, path, ms FROM visits WHERE ms > 5)
SELECT a.ms, b.ms FROM busy AS a JOIN busy AS b ON b.path = a.path
WHERE a.at < '2024-01-02' AND b.at < '2024-01-02'

-- # A fence around a union
-- offers: push-into-cte
WITH everything AS MATERIALIZED (
    SELECT id, customer_id, 'order' AS kind FROM orders UNION ALL SELECT id, customer_id, 'note' FROM ONLY notes
)
SELECT e.id FROM everything AS e WHERE e.customer_id = 99 AND e.kind = 'order'

-- # An average of the same product
-- offers: scalar-subquery-to-join
SELECT i.order_id FROM items AS i JOIN products AS p ON p.id = i.product_id
WHERE p.category < 'Category 3' AND i.price > (SELECT 0.5 * avg(x.price) FROM items AS x WHERE x.product_id = i.product_id)

-- # A sum for each row
-- offers: scalar-subquery-to-join
SELECT o.id, (SELECT sum(i.quantity) FROM items AS i WHERE i.order_id = o.id) AS pieces FROM orders AS o

-- # A count for each row, 0 where there is none
-- offers: scalar-subquery-to-join
SELECT c.id, c.name, (SELECT count(*) FROM orders AS o WHERE o.customer_id = c.id AND o.state = 'open') FROM customers AS c

-- # A name that is looked up
-- offers: scalar-subquery-to-join
SELECT o.id, (SELECT c.name FROM customers AS c WHERE c.id = o.customer_id) FROM orders AS o

-- # A lookup by a key that is joined besides
-- offers: scalar-subquery-to-join
SELECT i.order_id, i.line, (SELECT p.name FROM products AS p WHERE p.id = i.product_id AND p.price > 10) AS product
FROM items AS i WHERE i.note = 'gift'

-- # The last order, twice
-- offers: scalar-subqueries-to-lateral
SELECT c.id,
       (SELECT o.placed_at FROM orders AS o WHERE o.customer_id = c.id ORDER BY o.id DESC LIMIT 1) AS last_at,
       (SELECT o.total FROM orders AS o WHERE o.customer_id = c.id ORDER BY o.id DESC LIMIT 1) AS last_total
FROM customers AS c

-- # Two aggregates of the same rows
-- offers: scalar-subqueries-to-lateral
SELECT c.id,
       (SELECT min(o.total) FROM orders AS o WHERE o.customer_id = c.id AND o.placed_at > c.created_at::timestamp) AS least,
       (SELECT max(o.total) FROM orders AS o WHERE o.customer_id = c.id AND o.placed_at > c.created_at::timestamp) AS most
FROM customers AS c WHERE c.country = 'AT'

-- # A page far behind
-- offers: offset-to-keyset
SELECT o.id, o.placed_at, o.total FROM orders AS o ORDER BY o.placed_at DESC, o.id DESC LIMIT 20 OFFSET 30000

-- # A page behind values
-- offers: offset-to-keyset
SELECT c.id, c.email FROM customers AS c WHERE c.country = $1 ORDER BY c.email LIMIT 50 OFFSET $2

-- # An address in lower case
-- offers: function-to-index
SELECT c.id FROM customers AS c WHERE lower(c.email) = 'user77@example.com'

-- # A word's beginning by a function
-- offers: function-to-index
SELECT o.id FROM orders AS o WHERE substr(o.coupon, 1, 4) = 'SALE'

-- # One rule after another
-- offers: or-to-union-all, needless-join
SELECT o.id FROM orders AS o JOIN customers AS c ON c.id = o.customer_id
WHERE o.number = 100200 OR c.email = 'user77@example.com'

-- # A join that is inner, and then needless
-- offers: left-join-to-inner, needless-join
SELECT i.order_id, i.line FROM items AS i
LEFT JOIN orders AS o ON o.id = i.order_id LEFT JOIN customers AS c ON c.id = o.customer_id
WHERE coalesce(o.number, 0) > 139000 AND c.id IS NOT NULL
