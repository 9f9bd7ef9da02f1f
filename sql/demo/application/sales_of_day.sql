-- Takings of a day by status. Needs: SELECT.
SELECT status, count(*), sum(total)
FROM orders
WHERE placed_at >= %(day)s AND placed_at < %(day)s::timestamptz + interval '1 day'
GROUP BY status
