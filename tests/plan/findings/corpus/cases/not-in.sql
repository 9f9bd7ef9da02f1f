-- # A column with NULLs
-- expects: not-in
-- ## statement
SELECT id FROM customers WHERE id NOT IN (SELECT referrer_id FROM customers)
-- ## mended
SELECT id FROM customers c WHERE NOT EXISTS (SELECT FROM customers r WHERE r.referrer_id = c.id)

-- # A column with NULLs, planned only
-- expects: not-in
-- planned: yes
-- ## statement
SELECT id FROM customers WHERE id NOT IN (SELECT r.referrer_id FROM customers r)
-- ## mended
SELECT id FROM customers c WHERE NOT EXISTS (SELECT FROM customers r WHERE r.referrer_id = c.id)

-- # Too many rows for a hash table
-- expects: not-in
-- settings: work_mem = '256kB'; hash_mem_multiplier = 1
-- ## given
DELETE FROM customers WHERE id > 3000;
VACUUM (ANALYZE) customers;
-- ## statement
SELECT id FROM customers WHERE id NOT IN (SELECT customer_id FROM orders WHERE id < 10000)
-- ## mended
SELECT id FROM customers c WHERE NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.id < 10000)

-- # Near miss: no NULLs, and a hash table
-- expects: nothing
-- ## statement
SELECT id FROM customers WHERE id NOT IN (SELECT customer_id FROM orders)

-- # Near miss: NULLs are left out
-- expects: nothing
-- ## statement
SELECT id FROM customers WHERE id NOT IN (SELECT referrer_id FROM customers WHERE referrer_id IS NOT NULL)
