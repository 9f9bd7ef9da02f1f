-- # MATERIALIZED, and one row is wanted
-- expects: cte-fence
-- ## statement
WITH recent AS MATERIALIZED (SELECT * FROM orders WHERE total > 5)
SELECT * FROM recent WHERE id = 4242

-- # Used twice
-- expects: cte-fence
-- ## statement
WITH recent AS (SELECT id, total FROM orders WHERE total > 5)
SELECT a.total - b.total FROM recent a, recent b WHERE a.id = 4242 AND b.id = 4243

-- # Near miss: most of it is wanted
-- expects: nothing
-- settings: work_mem = '64MB'
-- ## statement
WITH recent AS MATERIALIZED (SELECT * FROM orders WHERE total > 5)
SELECT count(*) FROM recent WHERE status = 'done'

-- # Near miss: it groups, so that no condition on its sums can pass
-- expects: nothing
-- settings: work_mem = '64MB'
-- ## statement
WITH sums AS MATERIALIZED (SELECT customer_id, sum(total) AS total FROM orders GROUP BY customer_id)
SELECT * FROM sums WHERE total > 48000
