"""Measured runs of statements, their statistics, and the comparison of two measurements."""
