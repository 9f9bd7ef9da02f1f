-- When a customer last ordered. Needs: SELECT.
SELECT max(placed_at) FROM orders WHERE customer_id = %(customer)s
