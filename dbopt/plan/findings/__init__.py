"""What is wrong with a plan and what to do. `rules` has one rule per file, each pure; `observe` reads what they want to
know; `catalogue` says what each means.
"""
