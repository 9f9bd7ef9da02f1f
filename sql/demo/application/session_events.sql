-- What happened in a browser session. Needs: SELECT.
SELECT kind, payload, created_at FROM events WHERE session_id = %(session)s ORDER BY created_at
