"""The regression gate: plans of a workload against a baseline."""
