-- # Customers who ordered
-- expects: distinct-join
-- ## statement
SELECT DISTINCT c.id, c.name FROM customers c JOIN orders o ON o.customer_id = c.id JOIN items i ON i.order_id = o.id WHERE o.total > 10
-- ## mended
SELECT c.id, c.name FROM customers c WHERE EXISTS (SELECT FROM orders o JOIN items i ON i.order_id = o.id WHERE o.customer_id = c.id AND o.total > 10)

-- # Near miss: both tables are selected
-- expects: nothing
-- ## statement
SELECT DISTINCT c.country, o.status FROM customers c JOIN orders o ON o.customer_id = c.id

-- # Near miss: the join multiplies nothing
-- expects: nothing
-- ## statement
SELECT DISTINCT o.city FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id < 5000

-- # Near miss: no join
-- expects: nothing
-- ## statement
SELECT DISTINCT status FROM orders
