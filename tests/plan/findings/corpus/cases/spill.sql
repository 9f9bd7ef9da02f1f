-- # A sort
-- expects: spill
-- settings: work_mem = '2MB'
-- ## statement
SELECT * FROM orders ORDER BY total, number

-- # A hash join
-- expects: spill
-- settings: work_mem = '1MB'; enable_mergejoin = off
-- ## statement
SELECT count(*) FROM items i JOIN orders o ON o.id = i.order_id WHERE o.total + i.price > 10

-- # A hash table of groups
-- expects: spill
-- settings: work_mem = '1MB'; enable_sort = off
-- ## statement
SELECT number, sum(total), min(placed_at), avg(total) FROM orders GROUP BY number

-- # Rows that are kept to be read again
-- expects: spill
-- settings: work_mem = '1MB'
-- ## statement
WITH kept AS MATERIALIZED (SELECT id, total, number, city FROM orders)
SELECT count(*) FROM kept a JOIN kept b ON a.id = b.id + 1 WHERE a.total < b.total

-- # Two workers sort
-- expects: spill
-- settings: work_mem = '1MB'; max_parallel_workers_per_gather = 2; parallel_setup_cost = 0; parallel_tuple_cost = 0; min_parallel_table_scan_size = 0
-- ## statement
SELECT id, total, number FROM orders ORDER BY total, number

-- # Near miss: it fits
-- expects: nothing
-- settings: work_mem = '64MB'
-- ## statement
SELECT * FROM orders ORDER BY total, number

-- # Near miss: some pages that hardly count
-- expects: nothing
-- settings: work_mem = '64kB'
-- ## statement
SELECT count(*) FROM (SELECT id FROM orders WHERE id < 3000 ORDER BY number OFFSET 0) AS few
