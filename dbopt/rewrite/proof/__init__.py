"""Proof of a rewrite: both forms are run on data, the database's own and made-up, and have to give the same."""
