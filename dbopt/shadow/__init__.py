"""Production's planner in miniature: its schema and statistics in an embedded PostgreSQL 18, and no rows."""
