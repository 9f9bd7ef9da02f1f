-- Who bought a product lately. Needs: SELECT.
SELECT DISTINCT o.customer_id
FROM items AS i
JOIN orders AS o ON o.id = i.order_id
WHERE i.product_id = %(product)s AND o.placed_at >= %(since)s
