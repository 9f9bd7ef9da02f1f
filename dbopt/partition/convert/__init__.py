"""A table becomes a partition set, or a set a table, while it is used: copied beside it, kept up by a log of what
changes, compared, and put in its place under a short lock.
"""
