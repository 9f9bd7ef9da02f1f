"""Old rows leave a table for files that are verified before the rows are deleted, and stay queryable."""
