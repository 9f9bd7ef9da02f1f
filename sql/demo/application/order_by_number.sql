-- One order with its lines, by the number on the invoice. Needs: SELECT.
SELECT o.id, o.status, o.placed_at, i.line, i.quantity, i.price, p.name
FROM orders AS o
JOIN items AS i ON i.order_id = o.id
JOIN products AS p ON p.id = i.product_id
WHERE o.number = %(number)s
ORDER BY i.line
