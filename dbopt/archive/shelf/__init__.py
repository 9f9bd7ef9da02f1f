"""Archived rows that stay in the database: in a table of another schema, with a view of hot and cold together."""
