-- The packing list: open orders, oldest first. Needs: SELECT.
SELECT id, number, customer_id, total, placed_at
FROM orders
WHERE status = %(status)s
ORDER BY placed_at
LIMIT 50
