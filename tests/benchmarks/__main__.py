"""Benchmarks: figures, no verdict. `python -m tests.benchmarks` runs all of them, `... shadow startup` those two.

Each module has a `run()` that prints what it measured. Trust ratios, costs and counts; seconds depend on the machine.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

NAMES = (
    "startup",
    "binds",
    "shadow",
    "redact",
    "gate_speed",
    "gate_noise",
    "gate_corpus",
    "findings",
    "advisor",
    "advisor_shadow",
    "advisor_real",
    "advisor_growth",
    "advisor_same",
    "advice_corpus",
    "build_time",
    "index_sizes",
    "logs",
    "logs_fuzz",
    "tune",
    "rewrites",
    "rewrite_fuzz",
    "report_size",
    "partition_convert",
    "partition_move",
    "archive_crash",
    "archive_speed",
    "archive_engines",
)


def main(wanted: Sequence[str]) -> int:
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    for name in wanted or NAMES:
        module = import_module(f"tests.benchmarks.{name}")
        print(f"\n== {name}: {(module.__doc__ or '').splitlines()[0]}\n", flush=True)
        module.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
