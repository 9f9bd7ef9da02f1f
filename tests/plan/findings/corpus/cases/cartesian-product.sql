-- # A forgotten condition
-- expects: cartesian-product
-- ## statement
SELECT count(*) FROM customers c, items i WHERE c.country = 'LU' AND i.order_id < 1000
-- ## mended
SELECT count(*) FROM customers c, items i WHERE c.country = 'LU' AND i.order_id < 1000 AND c.id = i.order_id

-- # Planned only
-- expects: cartesian-product
-- planned: yes
-- ## statement
SELECT count(*) FROM customers c, items i WHERE c.country = 'LU' AND i.order_id < 1000
-- ## mended
SELECT count(*) FROM customers c, items i WHERE c.country = 'LU' AND i.order_id < 1000 AND c.id = i.order_id

-- # Near miss: CROSS JOIN says that it is meant
-- expects: nothing
-- ## statement
SELECT count(*) FROM customers c CROSS JOIN items i WHERE c.id < 1200 AND i.order_id < 1000

-- # Near miss: one row of values for all
-- expects: nothing
-- ## statement
SELECT count(*) FROM (SELECT max(total) AS most FROM orders) AS m, orders o WHERE o.total > m.most / 2

-- # Near miss: a function of each row
-- expects: nothing
-- ## statement
SELECT count(*) FROM orders o, LATERAL generate_series(1, (o.id % 120)::integer) AS n WHERE o.id < 30000
