-- # The sum of each order's items, order by order
-- expects: repeated-subplan
-- ## statement
SELECT id, (SELECT sum(price * quantity) FROM items i WHERE i.order_id = o.id) FROM orders o WHERE total > 0
-- ## mended
SELECT o.id, i.sum FROM orders o LEFT JOIN (SELECT order_id, sum(price * quantity) FROM items GROUP BY order_id) AS i ON i.order_id = o.id WHERE total > 0

-- # Near miss: for a page of orders
-- expects: nothing
-- ## statement
SELECT id, (SELECT sum(price * quantity) FROM items i WHERE i.order_id = o.id) FROM orders o WHERE id BETWEEN 1000 AND 1100

-- # Near miss: hashed once
-- expects: nothing
-- ## statement
SELECT id, customer_id IN (SELECT id FROM customers WHERE NOT active) FROM orders o WHERE total > 0
