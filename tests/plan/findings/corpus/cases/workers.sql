-- # A server that allows one
-- expects: workers
-- settings: max_parallel_workers_per_gather = 4; max_parallel_workers = 1; parallel_setup_cost = 0; parallel_tuple_cost = 0; min_parallel_table_scan_size = 0
-- ## given
INSERT INTO orders SELECT id + 100000 * more, customer_id, number, status, city, zip, total, placed_at, day, details
FROM orders, generate_series(1, 4) AS more;
VACUUM (ANALYZE) orders;
-- ## statement
SELECT count(*), sum(total * 2), sum(length(md5(number))) FROM orders WHERE md5(city) > '2' AND md5(zip) > '1'

-- # Near miss: all were started
-- expects: nothing
-- settings: max_parallel_workers_per_gather = 2; parallel_setup_cost = 0; parallel_tuple_cost = 0; min_parallel_table_scan_size = 0
-- ## statement
SELECT count(*), sum(total * 2) FROM orders WHERE md5(city) > '2'
