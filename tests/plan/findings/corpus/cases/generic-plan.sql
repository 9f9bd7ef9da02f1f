-- # From nearly everything to nearly nothing
-- expects: generic-plan
-- planned: yes
-- parameters: 5 | 9999
-- ## given
CREATE INDEX ON orders (total);
-- ## statement
SELECT sum(i.price) FROM orders o JOIN items i ON i.order_id = o.id WHERE o.total > $1

-- # Forced, also where it does not pay
-- expects: generic-plan
-- planned: yes
-- parameters: 9999
-- settings: plan_cache_mode = force_generic_plan
-- ## given
CREATE INDEX ON orders (total);
-- ## statement
SELECT sum(i.price) FROM orders o JOIN items i ON i.order_id = o.id WHERE o.total > $1

-- # Near miss: the generic plan is bad, but these values never bring PostgreSQL to take it
-- expects: nothing
-- planned: yes
-- parameters: 9998 | 9999
-- ## given
CREATE INDEX ON orders (total);
-- ## statement
SELECT sum(i.price) FROM orders o JOIN items i ON i.order_id = o.id WHERE o.total > $1

-- # Near miss: all values alike
-- expects: nothing
-- planned: yes
-- parameters: 17 | 4242 | 999
-- ## given
CREATE INDEX ON orders (customer_id);
-- ## statement
SELECT sum(total) FROM orders WHERE customer_id = $1
