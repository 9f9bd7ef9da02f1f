"""What works on a server for a role, what does not, and the SQL that mends it."""
