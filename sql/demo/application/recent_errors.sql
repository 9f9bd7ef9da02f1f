-- Errors of an hour, for the dashboard. Needs: SELECT.
SELECT count(*), max((payload ->> 'ms')::integer)
FROM events
WHERE kind = 'error' AND created_at BETWEEN %(from)s AND %(from)s::timestamptz + interval '1 hour'
