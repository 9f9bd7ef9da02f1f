-- The order history of a customer, newest first. Needs: SELECT.
SELECT id, number, status, total, placed_at
FROM orders
WHERE customer_id = %(customer)s
ORDER BY placed_at DESC
LIMIT 20
