"""Plan trees as PostgreSQL explains them: a pure model, its shape, and running EXPLAIN."""
