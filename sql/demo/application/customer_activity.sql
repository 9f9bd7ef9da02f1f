-- The latest events of a customer. Needs: SELECT.
SELECT kind, created_at FROM events WHERE customer_id = %(customer)s ORDER BY created_at DESC LIMIT 10
