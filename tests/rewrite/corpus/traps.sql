-- Statements in which a pattern is, and the rewrite would be wrong. `-- refuses: rule: a part of the reason`; the rule
-- makes nothing of the statement at any place, and what it says has that part.

-- # A null in the subquery
-- refuses: not-in-to-not-exists: would leave no row at all
SELECT c.id FROM customers AS c WHERE c.id NOT IN (SELECT o.agent_id FROM orders AS o)

-- # A null on the left
-- refuses: not-in-to-not-exists: may be NULL
SELECT o.id FROM orders AS o WHERE o.agent_id NOT IN (SELECT s.manager_id FROM stores AS s)

-- # A null from an outer join in the subquery
-- refuses: not-in-to-not-exists: would leave no row at all
SELECT c.id FROM customers AS c
WHERE c.id NOT IN (SELECT o.customer_id FROM stores AS s LEFT JOIN orders AS o ON o.id = s.id)

-- # A null from an aggregate over no rows
-- refuses: not-in-to-not-exists: would leave no row at all
SELECT c.id FROM customers AS c WHERE c.id NOT IN (SELECT max(o.customer_id) FROM orders AS o WHERE o.total > 5000)

-- # A null in the second column
-- refuses: not-in-to-not-exists: column 2
SELECT i.line FROM items AS i WHERE (i.order_id, i.product_id) NOT IN (SELECT o.id, o.agent_id FROM orders AS o)

-- # A null that an empty subquery lets pass
-- refuses: not-in-to-not-exists: may be NULL
SELECT o.id FROM orders AS o
WHERE o.agent_id <> ALL (SELECT s.manager_id FROM stores AS s) AND o.agent_id NOT IN (SELECT s.manager_id FROM stores AS s)

-- # A null that the heirs may have
-- refuses: not-in-to-not-exists: would leave no row at all
SELECT c.id FROM customers AS c WHERE c.id NOT IN (SELECT n.id FROM notes AS n)

-- # A subquery that is another each time
-- refuses: not-in-to-not-exists: volatile
SELECT c.id FROM customers AS c WHERE c.id NOT IN (SELECT o.customer_id FROM orders AS o WHERE random() < 0.5)

-- # Some rows of a subquery
-- refuses: not-in-to-not-exists: LIMIT
SELECT c.id FROM customers AS c WHERE c.id NOT IN (SELECT o.customer_id FROM orders AS o ORDER BY o.total LIMIT 5)

-- # Texts against codes with blanks
-- refuses: not-in-to-not-exists: by way of a cast
SELECT c.id FROM customers AS c WHERE c.country NOT IN (SELECT d.code FROM customers AS d)

-- # Membership in some rows
-- refuses: in-to-exists: LIMIT
SELECT c.id FROM customers AS c WHERE (c.id IN (SELECT o.customer_id FROM orders AS o ORDER BY o.total LIMIT 5)) IS TRUE

-- # A count of groups
-- refuses: count-to-exists: GROUP BY
SELECT c.id FROM customers AS c
WHERE (SELECT count(*) FROM orders AS o WHERE o.customer_id = c.id GROUP BY o.customer_id) = 0

-- # A count that may not be there
-- refuses: count-to-exists: HAVING
SELECT c.id FROM customers AS c
WHERE (SELECT count(*) FROM orders AS o WHERE o.customer_id = c.id HAVING count(*) > 2) >= 1

-- # A count of which none is left
-- refuses: count-to-exists: OFFSET
SELECT c.id FROM customers AS c WHERE (SELECT count(*) FROM orders AS o WHERE o.customer_id = c.id OFFSET 1) = 0

-- # A count that belongs outside
-- refuses: count-to-exists: aggregate of the query around it
SELECT c.country FROM customers AS c GROUP BY c.country HAVING (SELECT count(c.id) FROM products AS p) > 0

-- # A count of rows with fields
-- refuses: count-to-exists: NULLs in it
SELECT c.id FROM customers AS c WHERE (SELECT count((o.coupon, o.agent_id)) FROM orders AS o WHERE o.customer_id = c.id) > 0

-- # A count of what has an effect
-- refuses: count-to-exists: volatile
SELECT c.id FROM customers AS c
WHERE (SELECT count(*) FROM orders AS o WHERE o.customer_id = c.id AND next_number() > 0) > 0

-- # A condition on subtotals
-- refuses: having-to-where: grouping sets
SELECT o.state, count(*) FROM orders AS o GROUP BY ROLLUP (o.state) HAVING o.state <> 'open'

-- # A condition on no groups
-- refuses: having-to-where: without GROUP BY
SELECT count(*) FROM orders AS o WHERE o.id = 5
HAVING EXISTS (SELECT 1 FROM products AS p, customers AS c WHERE p.id = c.id AND c.country = 'XX')

-- # Numbers that are equal and not the same
-- refuses: having-to-where: need not be the same
SELECT p.amount, count(*) FROM payments AS p GROUP BY p.amount HAVING p.amount::text = '1.0'

-- # A division that a condition guards
-- refuses: having-to-where: may fail
SELECT i.quantity, count(*) FROM items AS i WHERE i.quantity <> 0 GROUP BY i.quantity HAVING 10 / i.quantity > 2

-- # An outer join whose nulls are asked for
-- refuses: left-join-to-inner: may be in the result
SELECT c.id FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id WHERE o.id IS NULL

-- # A default that is true of nulls
-- refuses: left-join-to-inner: may be in the result
SELECT c.id FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id WHERE coalesce(o.total, 0) < 10

-- # A comparison with nothing at all
-- refuses: left-join-to-inner: may be in the result
SELECT c.id FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id
WHERE o.total > ALL (SELECT p.amount FROM payments AS p WHERE p.order_id = c.id)

-- # One side of an or
-- refuses: left-join-to-inner: may be in the result
SELECT c.id FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id WHERE o.total > 10 OR c.country = 'AT'

-- # A condition that is not false
-- refuses: left-join-to-inner: may be in the result
SELECT c.id FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id WHERE (o.total > 10) IS NOT FALSE

-- # A foreign key that was never validated
-- refuses: needless-join: no foreign key
SELECT o.id FROM orders AS o JOIN customers AS c ON c.id = o.former_id

-- # A foreign key that is checked at the end
-- refuses: needless-join: no foreign key
SELECT s.id FROM stores AS s JOIN customers AS c ON c.id = s.manager_id

-- # A foreign key whose triggers are off
-- refuses: needless-join: no foreign key
SELECT s.id FROM stores AS s JOIN customers AS c ON c.id = s.successor_id

-- # Row security
-- refuses: needless-join: row security
SELECT s.id FROM stores AS s JOIN regions AS r ON r.id = s.region_id

-- # A key of the parent alone
-- refuses: needless-join: inherit
SELECT c.id FROM customers AS c JOIN notes AS n ON n.id = c.id

-- # Heirs without the foreign key
-- refuses: needless-join: inherit
SELECT n.body FROM notes AS n JOIN customers AS c ON c.id = n.customer_id

-- # Rows that are locked
-- refuses: needless-join: locks
SELECT o.id FROM orders AS o JOIN customers AS c ON c.id = o.customer_id WHERE o.state = 'open' FOR UPDATE

-- # An outer join whose key is shown
-- refuses: needless-join: NULL where there is no match
SELECT o.id, c.id FROM orders AS o LEFT JOIN customers AS c ON c.id = o.former_id

-- # A sample of the table
-- refuses: needless-join: TABLESAMPLE
SELECT o.id FROM orders AS o JOIN customers AS c TABLESAMPLE BERNOULLI (50) ON c.id = o.customer_id

-- # A unique column with nulls
-- refuses: needless-distinct: lacks a key
SELECT DISTINCT c.vat_number FROM customers AS c

-- # A unique index over some rows
-- refuses: needless-distinct: lacks a key
SELECT DISTINCT p.reference FROM payments AS p

-- # A key that is checked at the end
-- refuses: needless-distinct: lacks a key
SELECT DISTINCT p.id FROM payments AS p

-- # A key that heirs do not share
-- refuses: needless-distinct: lacks a key
SELECT DISTINCT n.id FROM notes AS n

-- # A part of a key
-- refuses: needless-distinct: lacks a key
SELECT DISTINCT i.order_id FROM items AS i

-- # A key that a join repeats
-- refuses: needless-distinct: lacks a key
SELECT DISTINCT o.id FROM orders AS o JOIN items AS i ON i.order_id = o.id

-- # A key that a function repeats
-- refuses: needless-distinct: several rows
SELECT DISTINCT c.id, generate_series(1, 2) / 2 FROM customers AS c

-- # The key of the nullable side
-- refuses: needless-distinct: lacks a key
SELECT DISTINCT c.id FROM orders AS o LEFT JOIN customers AS c ON c.id = o.former_id

-- # A key inside an aggregate over a join
-- refuses: needless-distinct: have the same id
SELECT count(DISTINCT o.id) FROM orders AS o JOIN items AS i ON i.order_id = o.id

-- # A part of the groups
-- refuses: needless-distinct: lacks a key
SELECT DISTINCT o.state FROM orders AS o GROUP BY o.state, o.coupon

-- # Distinct groups of a rollup
-- refuses: needless-distinct: lacks a key
SELECT DISTINCT o.coupon FROM orders AS o GROUP BY ROLLUP (o.coupon)

-- # Ranges that touch
-- refuses: union-to-union-all: no row is on both
SELECT o.id FROM orders AS o WHERE o.total <= 100 UNION SELECT o.id FROM orders AS o WHERE o.total >= 100

-- # A side with the same rows twice
-- refuses: union-to-union-all: left side
SELECT o.customer_id, 'a' FROM orders AS o UNION SELECT c.id, 'b' FROM customers AS c

-- # Blanks at the end
-- refuses: union-to-union-all: no row is on both
SELECT c.id, c.code FROM customers AS c WHERE c.code = 'C1' UNION SELECT c.id, c.code FROM customers AS c WHERE c.code = 'C1  '

-- # What ends a recursion
-- refuses: union-to-union-all: ends the recursion
WITH RECURSIVE up AS (
    SELECT c.id, c.referrer_id FROM customers AS c WHERE c.id = 50
    UNION
    SELECT c.id, c.referrer_id FROM up JOIN customers AS c ON c.id = up.referrer_id
)
SELECT id FROM up

-- # A time that begins no month
-- refuses: function-to-range: never equal
SELECT o.id FROM orders AS o WHERE date_trunc('month', o.placed_at) = '2024-05-02'

-- # A year that is not known
-- refuses: function-to-range: may be 0
SELECT o.id FROM orders AS o WHERE extract(year FROM o.placed_at) = $1

-- # An hour of a time with a time zone
-- refuses: function-to-range: clocks are put back
SELECT o.id FROM orders AS o WHERE date_trunc('hour', o.shipped_at) = '2024-10-27 02:00'

-- # A time zone that is not known
-- refuses: function-to-range: time zone
SELECT o.id FROM orders AS o WHERE (o.shipped_at AT TIME ZONE $1)::date = '2024-03-31'

-- # A time zone that went back across midnight
-- refuses: function-to-range: begin once
SELECT o.id FROM orders AS o WHERE (o.shipped_at AT TIME ZONE 'America/St_Johns')::date = '2024-03-31'

-- # A day that is a point in time
-- refuses: function-to-range: not certain to be a date
SELECT o.id FROM orders AS o WHERE date(o.placed_at) = now()

-- # A side that fails where the other is true
-- refuses: or-to-union-all: may fail
SELECT i.order_id FROM items AS i JOIN orders AS o ON o.id = i.order_id
WHERE i.quantity = 0 OR o.number / i.quantity > 139990

-- # An or under a window
-- refuses: or-to-union-all: window functions
SELECT o.id, sum(o.total) OVER (PARTITION BY o.customer_id) FROM orders AS o JOIN customers AS c ON c.id = o.customer_id
WHERE o.number = 100200 OR c.email = 'user77@example.com'

-- # An or under row locks
-- refuses: or-to-union-all: locks
SELECT o.id FROM orders AS o JOIN customers AS c ON c.id = o.customer_id
WHERE o.number = 100200 OR c.email = 'user77@example.com' FOR SHARE OF o

-- # An or over a view that draws lots
-- refuses: or-to-union-all: volatile
SELECT d.id FROM drawn AS d JOIN customers AS c ON c.id = d.customer_id WHERE d.id = 7 OR c.email = 'user77@example.com'

-- # An or ordered by what is not shown
-- refuses: or-to-union-all: ORDER BY
SELECT o.id FROM orders AS o JOIN customers AS c ON c.id = o.customer_id
WHERE o.number = 100200 OR c.email = 'user77@example.com' ORDER BY lower(c.name)

-- # A text that no integer has
-- refuses: cast-on-column: never equal
SELECT o.id FROM orders AS o WHERE o.id::text = '04711'

-- # A text that is not known
-- refuses: cast-on-column: not known before
SELECT o.id FROM orders AS o WHERE o.id::text = $1

-- # A cast that cuts off
-- refuses: cast-on-column: cut off
SELECT o.id FROM orders AS o WHERE o.number::varchar(3) = '100'

-- # An order of texts
-- refuses: cast-on-column: another order
SELECT o.id FROM orders AS o WHERE o.id::text < '12'

-- # Floats that stand for several integers
-- refuses: cast-on-column: float
SELECT o.id FROM orders AS o WHERE o.id::float8 = 4711

-- # A fraction
-- refuses: cast-on-column: fraction
SELECT o.id FROM orders AS o WHERE o.number = 100007.5

-- # Blanks that a text keeps
-- refuses: cast-on-column: blanks
SELECT c.id FROM customers AS c WHERE c.code::text = 'C12   '

-- # A uuid in capitals
-- refuses: cast-on-column: never equal
SELECT c.id FROM customers AS c WHERE c.token::text = 'C4CA4238-A0B9-2382-0DCC-509A6F75849B'

-- # A limit inside the fence
-- refuses: push-into-cte: LIMIT
WITH last AS MATERIALIZED (SELECT id, customer_id FROM orders ORDER BY id DESC LIMIT 100)
SELECT id FROM last WHERE customer_id = 77

-- # An aggregate behind the fence
-- refuses: push-into-cte: groups are complete
WITH totals AS MATERIALIZED (SELECT customer_id, sum(total) AS total FROM orders GROUP BY customer_id)
SELECT customer_id FROM totals WHERE total > 100

-- # A window inside the fence
-- refuses: push-into-cte: window functions
WITH ranked AS MATERIALIZED (SELECT id, customer_id, rank() OVER (ORDER BY total) AS place FROM orders)
SELECT place FROM ranked WHERE customer_id = 77

-- # A fence that keeps a division from zeros
-- refuses: push-into-cte: may fail
WITH sold AS MATERIALIZED (SELECT order_id, quantity FROM items WHERE quantity <> 0)
SELECT order_id FROM sold WHERE 12 / quantity > 5

-- # A fence around what has an effect
-- refuses: push-into-cte: volatile
WITH numbered AS MATERIALIZED (SELECT id, customer_id, next_number() AS number FROM orders)
SELECT number FROM numbered WHERE customer_id = 77

-- # A recursion
-- refuses: push-into-cte: RECURSIVE
WITH RECURSIVE up AS MATERIALIZED (
    SELECT c.id, c.referrer_id FROM customers AS c WHERE c.id < 50
    UNION
    SELECT c.id, c.referrer_id FROM up JOIN customers AS c ON c.id = up.referrer_id
)
SELECT up.referrer_id FROM up WHERE up.id = 7

-- # The nullable side of an outer join
-- refuses: push-into-cte: outer join
WITH totals AS MATERIALIZED (SELECT customer_id, sum(total) AS total FROM orders GROUP BY customer_id)
SELECT c.id FROM customers AS c LEFT JOIN totals AS t ON t.customer_id = c.id WHERE t.customer_id IS NULL

-- # A lookup that may find several
-- refuses: scalar-subquery-to-join: one row at most
SELECT o.id, (SELECT p.amount FROM payments AS p WHERE p.order_id = o.id) FROM orders AS o

-- # A lookup by a key that is checked at the end
-- refuses: scalar-subquery-to-join: one row at most
SELECT o.id, (SELECT p.amount FROM payments AS p WHERE p.id = o.id) FROM orders AS o

-- # A default for no match
-- refuses: scalar-subquery-to-join: would not be NULL
SELECT o.id, (SELECT coalesce(c.name, 'nobody') FROM customers AS c WHERE c.id = o.former_id) FROM orders AS o

-- # An aggregate by a range
-- refuses: scalar-subquery-to-join: not by equal values
SELECT o.id, (SELECT count(*) FROM orders AS x WHERE x.placed_at < o.placed_at) FROM orders AS o WHERE o.id < 50

-- # A sum of floats
-- refuses: scalar-subquery-to-join: floats
SELECT o.id, (SELECT sum(p.weight) FROM items AS i JOIN products AS p ON p.id = i.product_id WHERE i.order_id = o.id)
FROM orders AS o

-- # A computation that fails for rows that nobody asks for
-- refuses: scalar-subquery-to-join: may fail
SELECT o.id, (SELECT max(100 / i.quantity) FROM items AS i WHERE i.order_id = o.id) FROM orders AS o

-- # A list in no order
-- refuses: scalar-subquery-to-join: order of rows
SELECT o.id, (SELECT string_agg(i.note, ', ') FROM items AS i WHERE i.order_id = o.id) FROM orders AS o

-- # The last order by a date that others have
-- refuses: scalar-subqueries-to-lateral: ties
SELECT c.id,
       (SELECT o.id FROM orders AS o WHERE o.customer_id = c.id ORDER BY o.placed_at DESC LIMIT 1) AS last_id,
       (SELECT o.total FROM orders AS o WHERE o.customer_id = c.id ORDER BY o.placed_at DESC LIMIT 1) AS last_total
FROM customers AS c

-- # A page in an order with nulls
-- refuses: offset-to-keyset: may be NULL
SELECT o.id FROM orders AS o ORDER BY o.shipped_at, o.id LIMIT 20 OFFSET 1000

-- # A page in an order of something computed
-- refuses: offset-to-keyset: no column of a table
SELECT c.id FROM customers AS c ORDER BY lower(c.email), c.id LIMIT 20 OFFSET 1000

-- # A page of groups
-- refuses: offset-to-keyset: GROUP BY
SELECT o.customer_id, count(*) FROM orders AS o GROUP BY o.customer_id ORDER BY o.customer_id LIMIT 20 OFFSET 1000

-- # An offset whose number is not the last
-- refuses: offset-to-keyset: not the last
SELECT o.id FROM orders AS o ORDER BY o.id LIMIT $2 OFFSET $1

-- # A function that no index can have
-- refuses: function-to-index: immutable
SELECT o.id FROM orders AS o WHERE season(o.placed_at) = 'March'

-- # A rewrite beside what is random
-- refuses: function-to-range: volatile
SELECT o.id, random() FROM orders AS o WHERE date(o.placed_at) = '2024-03-05'

-- # A rewrite beside a list in no order
-- refuses: needless-join: depends on the order
SELECT array_agg(o.id) FROM orders AS o JOIN customers AS c ON c.id = o.customer_id

-- # A rewrite beside the first rows of a subquery
-- refuses: function-to-range: leaves open which
SELECT x.total FROM (SELECT o.total, o.placed_at FROM orders AS o ORDER BY o.total LIMIT 10) AS x WHERE date(x.placed_at) = '2024-03-05'

-- # A bound that is null beside one that is not
-- refuses: left-join-to-inner: may be in the result
SELECT c.id FROM customers AS c LEFT JOIN orders AS o ON o.id = c.referrer_id WHERE c.id NOT BETWEEN o.number AND 3

-- # One group of no rows
-- refuses: having-to-where: grouping sets
SELECT count(*) FROM orders AS o GROUP BY () HAVING EXISTS (SELECT 1 FROM products AS p WHERE p.id = 0)

-- # A code that is written with more blanks
-- refuses: needless-join: not written or not sorted alike
SELECT g.id, t.code FROM taggings AS g JOIN tags AS t ON t.code = g.code

-- # A text that is sorted by another collation
-- refuses: needless-join: not written or not sorted alike
SELECT g.id FROM taggings AS g JOIN tags AS t ON t.slug = g.slug ORDER BY t.slug

-- # Two collations behind one fence
-- refuses: push-into-cte: different collations
WITH slugs AS MATERIALIZED (SELECT t.slug FROM tags AS t UNION ALL SELECT c.name FROM customers AS c)
SELECT slug FROM slugs WHERE slug < 'b'

-- # A count of what fails for other rows
-- refuses: count-to-exists: may fail
SELECT o.id FROM orders AS o WHERE (SELECT count(*) FROM items AS i WHERE i.order_id = o.id AND 10 / i.quantity > 3) > 0

-- # A member of what fails for other rows
-- refuses: in-to-exists: may fail
SELECT o.id FROM orders AS o
WHERE (7 IN (SELECT i.product_id FROM items AS i WHERE i.order_id = o.id AND 10 / i.quantity > 3)) IS TRUE

-- # A day that begins twice
-- refuses: function-to-range: begin once
SELECT o.id FROM orders AS o WHERE (o.shipped_at AT TIME ZONE 'Atlantic/Azores')::date = '2024-10-27'

-- # A day that began twice long ago
-- refuses: function-to-range: begin once
SELECT o.id FROM orders AS o WHERE (o.shipped_at AT TIME ZONE 'Europe/Berlin')::date = '1916-10-01'
