-- Products whose name begins with what was typed. Needs: SELECT.
SELECT id, sku, name, price FROM products WHERE name LIKE %(prefix)s ORDER BY name LIMIT 10
