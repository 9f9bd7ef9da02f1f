"""Statements out of PostgreSQL's server logs."""
