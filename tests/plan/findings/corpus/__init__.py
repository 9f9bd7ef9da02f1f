"""The corpus of findings: statements on a store, and what the rules find in their plans.

A case is some lines in `cases/<rule>.sql`: what is done to the database, the statement, and the rules that find
something; each rule has cases in which it does, and near misses in which it must not. `recorded/` has the plans that
PostgreSQL 15 and 18 made, with all that the rules look at; `python -m tests.plan.findings.corpus` makes them again.
"""
