"""The gate calls regressions what makes statements slower, and nothing else.

The cases are those of tests/corpus. All that change a statement alone are here; of those that change the database,
which need a copy, a snapshot and a shadow each, every sixth, to stay below a minute. All are asked about by
`python -m tests.benchmarks gate_corpus`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.corpus import Case, Databases, load, run
from tests.corpus.gate import Asked
from tests.servers import Server

NO_VERDICT = "A table is loaded after it was analysed"
TEXTS = [case for case in load() if not case.changes_database]
CHANGES = [case for case in load() if case.changes_database and case.title != NO_VERDICT][::6]


@pytest.fixture(scope="module")
def asked(pg18: Server) -> Iterator[Asked]:
    databases = Databases(pg18)
    with Asked(databases) as asked:
        yield asked
    databases.drop()


def _sentence(case: Case) -> str:
    return f"{case.title}: {'a regression' if case.kind == 'regression' else 'harmless'}"


@pytest.mark.parametrize("case", [*TEXTS, *CHANGES], ids=_sentence)
def test_the_gate_tells_a_regression_from_a_harmless_change(case: Case, asked: Asked) -> None:
    answer = asked.answer(case)
    assert answer.call == ("regression" if case.kind == "regression" else "pass"), answer.explanation
    assert not case.rules or case.rules & set(answer.rules), answer.explanation


def test_a_table_that_grew_without_analyze_makes_the_baseline_stale_not_the_statement_slow(asked: Asked) -> None:
    answer = asked.answer(_called(NO_VERDICT))
    assert answer.call == "error", answer.explanation
    assert any("public.events" in sentence for sentence in answer.found.stale)


@pytest.mark.parametrize(
    ("title", "code"), [("The index of a look-up is dropped", 1), ("An index is given another name", 0)]
)
def test_the_command_says_the_same_by_its_exit_code(
    title: str, code: int, asked: Asked, dbopt: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    case, query = _called(title), tmp_path / "query.sql"
    query.write_text(case.before)
    baseline = ["--baseline", str(tmp_path / "baseline.json")]
    with asked.databases.given(case) as dsn:
        dbopt("snapshot", "-d", dsn, "-o", str(tmp_path / "before.dbsnap"))
        run(dsn, case.change)
        dbopt("snapshot", "-d", dsn, "-o", str(tmp_path / "after.dbsnap"))
    dbopt("check", str(query), *baseline, "--snapshot", str(tmp_path / "before.dbsnap"), "--update")
    assert dbopt("check", str(query), *baseline, "--snapshot", str(tmp_path / "after.dbsnap"))[0] == code


def test_the_corpus_has_as_many_harmless_changes_as_a_figure_needs() -> None:
    kinds = [case.kind for case in load()]
    assert min(kinds.count("regression"), kinds.count("harmless")) >= 40


def _called(title: str) -> Case:
    return next(case for case in load() if case.title == title)
