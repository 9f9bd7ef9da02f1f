"""Captured statements: where they come from, what they are, and the values for their parameters."""
