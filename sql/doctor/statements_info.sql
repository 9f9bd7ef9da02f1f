-- How often pg_stat_statements had to throw statements away. Needs its schema on the search_path.
SELECT dealloc, to_char(stats_reset, 'YYYY-MM-DD HH24:MI') AS since
FROM pg_stat_statements_info;
