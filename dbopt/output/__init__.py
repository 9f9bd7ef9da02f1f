"""Renderers of results: one format, one file."""
