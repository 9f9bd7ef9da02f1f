"""The corpus: what the rules find in recorded plans, and on real servers, where the remedy is carried out as well."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dbopt.plan.findings.rules import find
from tests.plan.findings.corpus import recorded
from tests.plan.findings.corpus.cases import Case, load
from tests.plan.findings.corpus.recorded import FOLDER, path_of
from tests.plan.findings.corpus.run import Databases, explained, rules, run
from tests.servers import Server

CASES = load()
FILES = sorted(FOLDER.glob("*.json"))
QUERY = re.compile(r"\s*(?:SELECT|WITH)\b", re.IGNORECASE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_recorded_plan_has_the_expected_findings(path: Path) -> None:
    one = recorded.load(path)
    found = find(one.context)
    assert rules(found) == one.expects, "\n".join(f"{finding.rule}: {finding.message}" for finding in found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_its_findings_are_written_as_promised(path: Path) -> None:
    context = recorded.load(path).context
    found = find(context)
    shares = [finding.share or 0.0 for finding in found]
    assert shares == sorted(shares, reverse=True)
    for finding in found:
        assert re.fullmatch(r"(?:[a-z\d]|NOT IN).*[^.\s]", finding.message), finding.message
        assert re.fullmatch(r"\S.*[.]", finding.remedy), finding.remedy
        assert finding.node is None or 0 <= finding.node < len(context.plan.nodes)
        assert finding.share is None or 0 < finding.share <= 1
        assert not any(sql.rstrip().endswith(";") for sql in finding.sql)


def test_every_case_is_recorded_as_its_file_says() -> None:
    wanted = {path_of(case, major): case for case in CASES for major in case.majors}
    assert set(FILES) == set(wanted)
    for path, case in wanted.items():
        one = recorded.load(path)
        assert (one.statement, one.expects) == (case.statement, tuple(sorted(case.expects))), path.name


def test_the_corpus_is_as_large_as_promised() -> None:
    quiet = [case for case in CASES if not case.expects]
    assert len(CASES) >= 60
    assert len(quiet) >= 15


@pytest.mark.parametrize("rule", sorted({case.rule for case in CASES}))
def test_a_rule_has_a_plan_in_which_it_finds_something_and_a_near_miss(rule: str) -> None:
    own = [case for case in CASES if case.rule == rule]
    assert any(rule in case.expects for case in own)
    assert any(case.title.startswith("Near miss") and not case.expects for case in own)


@pytest.fixture(scope="module")
def databases() -> dict[int, Databases]:
    """Copies of the corpus's database, by the server's version."""
    return {}


@pytest.mark.parametrize("case", [case for case in CASES if 15 in case.majors], ids=lambda case: case.name)
def test_postgresql_15_plans_so_and_the_remedy_mends_it(
    case: Case, pg15: Server, databases: dict[int, Databases]
) -> None:
    _check(case, databases.setdefault(15, Databases(pg15)))


@pytest.mark.parametrize("case", [case for case in CASES if 18 in case.majors], ids=lambda case: case.name)
def test_postgresql_18_plans_so_and_the_remedy_mends_it(
    case: Case, pg18: Server, databases: dict[int, Databases]
) -> None:
    _check(case, databases.setdefault(18, Databases(pg18)))


def _check(case: Case, databases: Databases) -> None:
    with databases.given(case) as session:
        before = explained(session, case)
        said = "\n".join(f"{finding.rule}: {finding.message}" for finding in before.findings)
        assert rules(before.findings) == tuple(sorted(case.expects)), said
        if not case.expects:
            return
        text = case.mended or None
        for sql in (sql for finding in before.findings for sql in finding.sql):
            if QUERY.match(sql):
                text = sql
            else:
                run(session, sql)
        run(session, case.cure)
        assert text or case.cure or any(finding.sql for finding in before.findings), "nothing was done about it"
        after = explained(session, case, text)
        assert [(finding.rule, finding.message) for finding in after.findings] == []
