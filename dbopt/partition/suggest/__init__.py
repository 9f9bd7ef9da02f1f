"""`dbopt partition suggest`: which tables of a workload should be partitioned, how, and what that would do."""
