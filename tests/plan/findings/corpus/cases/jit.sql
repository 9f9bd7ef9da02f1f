-- # Compiled for a few thousand rows
-- expects: jit
-- servers: 15
-- settings: jit = on; jit_above_cost = 1000; jit_inline_above_cost = 1000; jit_optimize_above_cost = 1000
-- ## statement
SELECT status, city, count(*), sum(total), avg(total), min(placed_at), max(placed_at) FROM orders WHERE id < 20000 AND total > 3 GROUP BY status, city

-- # Near miss: not compiled
-- expects: nothing
-- settings: jit = on
-- ## statement
SELECT status, city, count(*), sum(total), avg(total), min(placed_at), max(placed_at) FROM orders WHERE id < 20000 AND total > 3 GROUP BY status, city

-- # Near miss: a little of a long execution
-- expects: nothing
-- servers: 15
-- settings: jit = on; jit_above_cost = 1000; jit_optimize_above_cost = -1; jit_inline_above_cost = -1
-- ## statement
SELECT count(*) FROM generate_series(1, 3000000) AS n WHERE n % 3 = 0
