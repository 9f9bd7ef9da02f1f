-- Statements that are fine as they are: nothing is offered.

-- # A lookup by the key
SELECT id, total FROM orders WHERE id = 4711

-- # A range of the column itself
SELECT id FROM orders WHERE placed_at >= '2024-03-05' AND placed_at < '2024-03-06'

-- # Membership that is a join already
SELECT c.name FROM customers AS c WHERE c.id IN (SELECT o.customer_id FROM orders AS o WHERE o.coupon = 'WINTER12')

-- # A join whose columns are used
SELECT o.id, c.name FROM orders AS o JOIN customers AS c ON c.id = o.customer_id WHERE o.number = 100007

-- # An outer join that keeps its rows
SELECT c.id, o.id FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id AND o.state = 'open' WHERE c.country = 'AT'

-- # Groups with a condition on their count
SELECT customer_id, count(*) FROM orders GROUP BY customer_id HAVING count(*) > 4

-- # Different values that are needed
SELECT DISTINCT customer_id FROM orders WHERE state = 'open'

-- # A union whose sides may have the same
SELECT customer_id FROM orders WHERE state = 'open' UNION SELECT customer_id FROM notes

-- # An or over one column
SELECT id FROM orders WHERE number = 100001 OR number = 100002

-- # An inlined query
WITH totals AS (SELECT customer_id, sum(total) AS total FROM orders GROUP BY customer_id)
SELECT total FROM totals WHERE customer_id = 77

-- # The first page
SELECT id, placed_at FROM orders ORDER BY placed_at DESC, id DESC LIMIT 20

-- # A function of the constant
SELECT id FROM customers WHERE email = lower('USER77@example.com')

-- # An aggregate of everything
SELECT count(*), sum(total), max(placed_at) FROM orders

-- # An existence test
SELECT c.id FROM customers AS c WHERE EXISTS (SELECT 1 FROM orders AS o WHERE o.customer_id = c.id AND o.state = 'open')

-- # A window
SELECT id, rank() OVER (PARTITION BY customer_id ORDER BY placed_at) FROM orders WHERE customer_id = 5
