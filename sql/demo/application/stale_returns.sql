-- Returned orders of a customer group that were never shipped. Needs: SELECT.
SELECT id, number, total FROM orders
WHERE status IN ('open', 'returned') AND shipped_at IS NULL AND customer_id = ANY (%(customers)s)
