-- The price report: reads every product, so no index helps. Needs: SELECT.
SELECT category, count(*), min(price), avg(price), max(price)
FROM products
GROUP BY category
ORDER BY category
