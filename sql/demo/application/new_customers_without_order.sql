-- Customers of a week who never ordered, for the welcome mail. Needs: SELECT.
SELECT c.id, c.email
FROM customers AS c
WHERE c.created_at >= %(day)s AND c.created_at < %(day)s::timestamptz + interval '7 days'
  AND NOT EXISTS (SELECT FROM orders AS o WHERE o.customer_id = c.id)
ORDER BY c.id
