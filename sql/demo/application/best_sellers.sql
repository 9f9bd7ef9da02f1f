-- The best sold products of some days. Needs: SELECT.
SELECT p.name, sum(i.quantity) AS sold
FROM orders AS o
JOIN items AS i ON i.order_id = o.id
JOIN products AS p ON p.id = i.product_id
WHERE o.placed_at >= %(day)s AND o.placed_at < %(day)s::timestamptz + interval '3 days'
GROUP BY p.name
ORDER BY sold DESC
LIMIT 10
