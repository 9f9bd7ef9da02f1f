"""The index advisor's corpus: small databases with a workload, each with a known best answer.

case: what a case says. cases: the cases, one module for each kind. databases: their tables with real rows, and shadows.
real: indexes built for real, and what the planner makes of them. truth: whether a case's answers are the best that it
names. verdict: whether an advisor's answer is right. advisors: who is asked. runner: all of it.

`python -m tests.advice [WORD]` shows the cases with each answer, `python -m tests.benchmarks advice_corpus` the score.
"""
