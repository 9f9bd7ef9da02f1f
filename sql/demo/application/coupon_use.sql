-- How often a coupon was used, by country. Needs: SELECT.
SELECT c.country, count(*), sum(o.total)
FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id
WHERE o.coupon = %(coupon)s
GROUP BY c.country
ORDER BY c.country
