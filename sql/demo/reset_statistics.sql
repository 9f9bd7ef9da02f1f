-- Forgets what pg_stat_statements saw while the demo was loaded. Needs: superuser, or EXECUTE on the function.
SELECT pg_stat_statements_reset()
