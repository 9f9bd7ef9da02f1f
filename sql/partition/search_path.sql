-- The search path as it was set. Needs no privilege.
SELECT current_setting('search_path') AS path;
