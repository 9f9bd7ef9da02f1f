-- The monthly report: reads nearly everything, so no index helps. Needs: SELECT.
SELECT c.country, date_trunc('month', o.placed_at) AS month, sum(o.total)
FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id
WHERE o.status = 'done'
GROUP BY c.country, month
ORDER BY c.country, month
