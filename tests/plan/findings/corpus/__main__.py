"""Makes the recorded plans again: `python -m tests.plan.findings.corpus [WORD...]`, those of the cases whose names hold
one of the words, on PostgreSQL 15 and 18. Look at the difference before you keep it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dbopt.plan.execution import Limits
from dbopt.plan.findings import observe
from dbopt.plan.findings.rules import find
from tests.benchmarks.servers import debian_15, embedded_18
from tests.plan.findings.corpus.cases import Case, load
from tests.plan.findings.corpus.recorded import FOLDER, of, path_of, text
from tests.plan.findings.corpus.run import Databases, explained, rules, workload_of
from tests.servers import SETTINGS


def main(words: Sequence[str]) -> None:
    cases = [case for case in load() if not words or any(word in case.name for word in words)]
    FOLDER.mkdir(exist_ok=True)
    for start in (debian_15, embedded_18):
        with start(SETTINGS) as server:
            databases = Databases(server)
            for case in cases:
                if server.major in case.majors:
                    _record(case, databases)
    known = {path_of(case, major) for case in load() for major in case.majors}
    for path in FOLDER.iterdir():
        if path not in known:
            path.unlink()


def _record(case: Case, databases: Databases) -> None:
    with databases.given(case) as session:
        tree = explained(session, case).tree
        assert tree is not None
        (statement,) = workload_of(case).statements
        known = observe.read(session, [tree])
        generic = observe.generic_plans(session, statement, Limits())
        context = observe.context_of(session, statement, tree, known, generic)
    found = rules(find(context))
    path_of(case, databases.server.major).write_text(text(of(case, context)), "utf-8")
    remark = "" if found == tuple(sorted(case.expects)) else f"?? expected {', '.join(case.expects) or 'nothing'}"
    print(f"{databases.server.major} {case.name}: {', '.join(found) or 'nothing'} {remark}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
