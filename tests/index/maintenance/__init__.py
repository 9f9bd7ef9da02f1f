"""Advice besides indexes, one rule per file."""
