-- # Page five hundred
-- expects: offset
-- ## statement
SELECT * FROM orders ORDER BY id LIMIT 20 OFFSET 50000
-- ## mended
SELECT * FROM orders WHERE id > 50000 ORDER BY id LIMIT 20

-- # Page five hundred, planned only
-- expects: offset
-- planned: yes
-- ## statement
SELECT * FROM orders ORDER BY id LIMIT 20 OFFSET 50000
-- ## mended
SELECT * FROM orders WHERE id > 50000 ORDER BY id LIMIT 20

-- # Near miss: the second page
-- expects: nothing
-- ## statement
SELECT * FROM orders ORDER BY id LIMIT 20 OFFSET 20

-- # Near miss: OFFSET 0 as a fence
-- expects: nothing
-- ## statement
SELECT count(*) FROM (SELECT * FROM orders OFFSET 0) AS all_orders
