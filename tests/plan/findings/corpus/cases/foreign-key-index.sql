-- # Customers are deleted, and their orders have no index
-- expects: foreign-key-index
-- ## given
DELETE FROM orders WHERE customer_id <= 40;
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;
VACUUM (ANALYZE) orders;
-- ## statement
DELETE FROM customers WHERE id <= 40

-- # A key that many rows have is changed
-- expects: foreign-key-index
-- ## given
DELETE FROM orders WHERE customer_id <= 20;
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers ON UPDATE CASCADE;
VACUUM (ANALYZE) orders;
-- ## statement
UPDATE customers SET id = id + 100000 WHERE id <= 20

-- # Planned only
-- expects: foreign-key-index
-- planned: yes
-- ## given
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;
-- ## statement
DELETE FROM customers WHERE id = 17

-- # Near miss: the index is there
-- expects: nothing
-- ## given
DELETE FROM orders WHERE customer_id <= 40;
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;
CREATE INDEX ON orders (customer_id, placed_at);
VACUUM (ANALYZE) orders;
-- ## statement
DELETE FROM customers WHERE id <= 40

-- # Near miss: an update that leaves the key alone
-- expects: nothing
-- ## given
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;
-- ## statement
UPDATE customers SET active = NOT active WHERE id <= 40
