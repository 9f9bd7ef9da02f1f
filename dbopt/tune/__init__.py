"""Measure, suggest, apply, measure again, and take back what did not help."""
