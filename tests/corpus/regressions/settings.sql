-- Settings of the database, which its snapshot holds.

-- # work_mem is lowered
-- tpch: disk-sort, cost
-- ## given
ALTER DATABASE corpus SET work_mem = '64MB';
-- ## before
SELECT l_orderkey, l_extendedprice FROM lineitem WHERE l_quantity < 10 ORDER BY l_extendedprice
-- ## change
ALTER DATABASE corpus SET work_mem = '1MB';

-- # random_page_cost is raised
-- demo: lost-index, cost
-- ## given
ALTER DATABASE corpus SET random_page_cost = 1.1;
-- ## before
SELECT kind, count(*) FROM events WHERE customer_id BETWEEN 4000 AND 4060 GROUP BY kind
-- ## change
ALTER DATABASE corpus SET random_page_cost = 20;

-- # Hash joins are switched off
-- tpch: join, cost
-- ## before
Q3
-- ## change
ALTER DATABASE corpus SET enable_hashjoin = off;

-- # Partition pruning is switched off
-- demo: lost-pruning, cost
-- ## before
SELECT count(*) FROM visits WHERE at >= '2025-03-01' AND at < '2025-04-01'
-- ## change
ALTER DATABASE corpus SET enable_partition_pruning = off;

-- # The planner may not change the order of joins
-- tpch: join, cost
-- ## before
SELECT count(*)
FROM orders
JOIN lineitem ON l_orderkey = o_orderkey
JOIN customer ON c_custkey = o_custkey
WHERE c_phone = '25-989-741-2988'
-- ## change
ALTER DATABASE corpus SET join_collapse_limit = 1;
