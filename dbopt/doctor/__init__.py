"""Doctor: what works on this server for this role, what does not, and the SQL that mends it."""
