"""What the gate found, in each form."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema
from rich.console import Console

from dbopt import documents
from dbopt.check.model import Check, Checked
from dbopt.output import render, terminal
from dbopt.output.check import report
from tests.output import checks

SCHEMAS = Path(__file__).parent / "schemas"
SARIF = jsonschema.Draft7Validator(json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text("utf-8")))
JUNIT = xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")

NOTHING = checks.check()
NASTY = checks.check(
    checks.NASTY,
    replace(checks.NASTY, verdict="error"),
    replace(checks.NASTY, verdict="inconclusive", location=None),
    stale=(checks.NASTY_NAME,),
    remarks=(checks.NASTY_NAME,),
)
EVERY = pytest.mark.parametrize("check", [NOTHING, checks.ALL, NASTY], ids=["nothing", "all", "nasty"])


def drawn(check: Check, form: str, *, verbose: bool = False) -> str:
    return render.as_text(report(check, verbose=verbose), form)


# -- a log, a terminal ------------------------------------------------------------------------------------------------


def test_a_log_says_the_worst_first_and_the_counts_last() -> None:
    assert drawn(checks.check(checks.PASSED, checks.NEW, checks.BETTER, checks.LOST), "table") == (
        """PostgreSQL 17.2, snapshot prod.dbsnap, baseline check.json

REGRESSION  orders_of_customer  queries/orders.sql:12
  cost 8.44 -> 12,345 (1,463x)
  cause: the schema moved it: the index orders_customer is gone
  lost-index: public.orders was read through orders_customer and is now read whole
  cost: its cost is 1,463 times what it was: 12,345.00, before 8.44
  rows: it is expected to return 120 rows; before, 10
    -Index Scan using orders_customer on public.orders
    -  Index Cond: (customer_id = $1)
    +Seq Scan on public.orders
    +  Filter: ((customer_id)::text = $1)

improvement  new_index_helps
  formerly old_name
  cost 100 -> 10.00 (10x less)
  cost: its cost is lower by 90 %: 10.00, before 100.00

new  added  queries/new.sql:1
  cost 5.50

1 regression, 1 improvement, 1 new, 1 passed
"""
    )


def test_what_is_wrong_with_the_baseline_stands_at_the_end() -> None:
    lines = drawn(checks.ALL, "table").splitlines()
    assert lines[-5:-3] == ["STALE BASELINE: work_mem was 4MB and is 64MB", "REMARK: 2 statements were left out"]
    assert lines[-1].endswith("2 passed; the baseline is stale")


def test_what_passed_is_listed_only_on_request() -> None:
    assert "other_plan" not in drawn(checks.ALL, "table")
    assert "1 of the statements that passed has a note: --verbose" in drawn(checks.ALL, "table")
    verbose = drawn(checks.ALL, "table", verbose=True)
    assert "pass  other_plan  queries/steady.sql:7\n  cost 3.00 -> 3.00\n  plan: the plan is another one" in verbose
    assert "--verbose" not in verbose


def test_of_two_regressions_the_larger_stands_first() -> None:
    smaller = replace(checks.LOST, name="smaller", cost_after=10.0)
    text = drawn(checks.check(smaller, checks.LOST), "table")
    assert text.index("orders_of_customer") < text.index("smaller")


def test_what_was_timed_says_so() -> None:
    assert "  time 10.0 ms -> 11.0 ms (1.10x)\n  timing: the runs are too noisy\n" in drawn(checks.ALL, "table")


@pytest.mark.parametrize("width", [40, 80, 140])
@EVERY
def test_a_terminal_shows_the_same(check: Check, width: int) -> None:
    out = io.StringIO()
    terminal.draw(report(check), Console(file=out, width=width, force_terminal=True, color_system="standard"))
    lines = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue()).splitlines()
    assert all(len(line) <= width for line in lines)
    assert "\x1b" not in "".join(lines)
    squeezed = "".join("".join(lines).split())
    assert all("".join(line.split()) in squeezed for line in drawn(check, "table").splitlines())


def test_a_plan_diff_is_red_and_green_on_a_terminal() -> None:
    out = io.StringIO()
    terminal.draw(report(checks.ALL), Console(file=out, width=80, force_terminal=True, color_system="standard"))
    assert "\x1b[31m-Index Scan using orders_customer on public.orders\x1b[0m" in out.getvalue()
    assert "\x1b[32m+Seq Scan on public.orders\x1b[0m" in out.getvalue()


# -- programs ---------------------------------------------------------------------------------------------------------


def test_json_is_the_document() -> None:
    assert drawn(checks.ALL, "json") == documents.dump(checks.ALL)


def test_csv_has_a_row_per_statement_and_plain_cells() -> None:
    rows = list(csv.DictReader(io.StringIO(drawn(checks.ALL, "csv"))))
    assert [row["verdict"] for row in rows] == [one.verdict for one in checks.ALL.statements]
    assert rows[2] == {
        "id": "00000000000000aa",
        "name": "orders_of_customer",
        "verdict": "regression",
        "cost_before": "8.44",
        "cost_after": "12345.0",
        "before_ms": "",
        "after_ms": "",
        "rules": "lost-index; cost; rows",
        "reasons": "; ".join(reason.message for reason in checks.LOST.reasons),
        "cause": "the schema moved it: the index orders_customer is gone",
        "was": "",
        "location": "queries/orders.sql:12",
    }


# -- markdown ---------------------------------------------------------------------------------------------------------


def test_markdown_has_a_verdict_a_table_and_details() -> None:
    assert drawn(checks.check(checks.LOST, checks.PASSED), "markdown") == (
        """## ❌ dbopt check: 1 regression, 1 passed

PostgreSQL 17.2, snapshot prod.dbsnap, baseline check.json

| verdict | statement | cost before | cost after | reasons |
| --- | --- | ---: | ---: | --- |
| REGRESSION | <code>orders_of_customer</code><br><code>queries/orders.sql:12</code> | 8.44 | 12,345 | lost-index: """
        """public.orders was read through orders_customer and is now read whole<br>cost: its cost is 1,463 times """
        """what it was: 12,345.00, before 8.44<br>rows: it is expected to return 120 rows; before, 10 |

What to do:

- **lost-index**: A table was read through an index and is now read in another way. Keep the index, or write the """
        """condition so that it fits the index: no function or cast around the column, and values of the column's type.
- **cost**: The planner's cost of the statement grew by more than the tolerance. Look at the plan diff: usually """
        """another reason says where the cost comes from. If the new cost is right, accept it with --update.

<details><summary><b>REGRESSION</b> <code>orders_of_customer</code></summary>

- cost 8.44 -\\> 12,345 (1,463x)
- cause: the schema moved it: the index orders_customer is gone

```diff
-Index Scan using orders_customer on public.orders
-  Index Cond: (customer_id = $1)
+Seq Scan on public.orders
+  Filter: ((customer_id)::text = $1)
```

```sql
SELECT *
FROM orders
WHERE customer_id::text = $1
```

</details>
"""
    )


def test_nothing_to_report_is_one_heading() -> None:
    assert drawn(checks.check(checks.PASSED), "markdown") == (
        "## ✅ dbopt check: 1 passed\n\nPostgreSQL 17.2, snapshot prod.dbsnap, baseline check.json\n"
    )


def test_markdown_keeps_names_from_being_markup() -> None:
    text = drawn(NASTY, "markdown")
    rows = [line for line in text.splitlines() if line.startswith("| REGRESSION")]
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 6
    outside = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"(?<!\\)<(/?\w+)", outside)) <= {
        "code", "/code", "br", "details", "/details", "summary", "/summary", "b", "/b", "span", "/span",
    }  # fmt: skip
    assert "@me" not in outside
    assert outside.count("<details>") == outside.count("</details>") == 3


def test_a_fence_is_longer_than_what_it_holds() -> None:
    text = drawn(checks.check(replace(checks.LOST, sql="SELECT '\n`````\n'")), "markdown")
    assert "\n``````sql\nSELECT '\n`````\n'\n``````\n" in text


@pytest.mark.parametrize(("number", "stale"), [(95, 0), (3000, 100)])
def test_markdown_fits_into_a_comment(number: int, stale: int) -> None:
    many = [replace(checks.LOST, id=f"{n:016x}", name=f"statement_{n}") for n in range(number)]
    text = drawn(checks.check(*many, stale=("x" * 9000,) * stale), "markdown")
    assert 50_000 < len(text) < 65_536
    assert re.search(r"_The details of \d+ statements are left out: the report would be too long\._\n$", text)
    assert text.count("<details>") == text.count("</details>") > 0
    assert ("more statements are left out here" in text) == (number == 3000)


# -- JUnit ------------------------------------------------------------------------------------------------------------


def cases(check: Check) -> dict[str, ET.Element]:
    return {case.attrib["name"]: case for case in ET.fromstring(drawn(check, "junit")).iter("testcase")}


@EVERY
def test_junit_is_valid(check: Check) -> None:
    JUNIT.validate(drawn(check, "junit"))


def test_junit_counts_what_it_holds() -> None:
    suite = ET.fromstring(drawn(checks.ALL, "junit"))
    assert suite.attrib == {
        "name": "dbopt check", "tests": "9", "failures": "1", "errors": "2", "skipped": "1", "time": "0",
    }  # fmt: skip
    assert [len(suite.findall(f"testcase/{kind}")) for kind in ("failure", "error", "skipped")] == [1, 2, 1]
    assert len(suite.findall("testcase")) == 9


def test_a_regression_is_a_failure_of_its_rule() -> None:
    case = ET.fromstring(drawn(checks.ALL, "junit")).findall("testcase")[3]
    assert case.attrib == {
        "classname": "queries.orders",
        "name": "orders_of_customer",
        "time": "0",
        "file": "queries/orders.sql",
        "line": "12",
    }
    failure = case[0]
    assert failure.attrib == {
        "type": "lost-index",
        "message": "public.orders was read through orders_customer and is now read whole; "
        "its cost is 1,463 times what it was: 12,345.00, before 8.44",
    }
    assert failure.text is not None
    assert "\n    +Seq Scan on public.orders\n" in failure.text
    assert failure.text.endswith("\n\nSELECT *\nFROM orders\nWHERE customer_id::text = $1")


@pytest.mark.parametrize(
    ("name", "children"),
    [
        ("queries/report.sql:3", ["error"]),
        ("00000000000000cc SELECT count(*) FROM items", ["skipped"]),
        ("the baseline fits: work_mem was 4MB and is 64MB", ["error"]),
        ("new_index_helps", ["system-out"]),
        ("added", ["system-out"]),
        ("dropped", ["system-out"]),
        ("other_plan", ["system-out"]),
        ("steady", []),
    ],
)
def test_each_verdict_has_its_element(name: str, children: list[str]) -> None:
    assert [child.tag for child in cases(checks.ALL)[name]] == children


# -- SARIF ------------------------------------------------------------------------------------------------------------


def run_of(check: Check) -> dict[str, Any]:
    [run] = json.loads(drawn(check, "sarif"))["runs"]
    return dict(run)


def results(*statements: Checked) -> list[dict[str, Any]]:
    return list(run_of(checks.check(*statements))["results"])


@EVERY
def test_sarif_is_valid(check: Check) -> None:
    SARIF.validate(json.loads(drawn(check, "sarif")))


def test_sarif_has_what_code_scanning_requires() -> None:
    run = run_of(checks.ALL)
    rules = run["tool"]["driver"]["rules"]
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"].endswith(".")
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1
        assert result["partialFingerprints"]["dboptStatement/v1"]


def test_sarif_has_a_result_per_reason_that_is_to_be_looked_into() -> None:
    found = [(one["ruleId"], one["level"]) for one in run_of(checks.ALL)["results"]]
    assert found == [
        ("stale-baseline", "error"),
        ("lost-index", "error"),
        ("cost", "error"),
        ("rows", "note"),
        ("not-planned", "error"),
        ("timing", "warning"),
        ("plan", "note"),
    ]


def test_sarif_points_to_the_file_else_to_the_baseline() -> None:
    def places(*statements: Checked) -> list[tuple[str, int]]:
        physical = [one["locations"][0]["physicalLocation"] for one in results(*statements)]
        assert all(place["artifactLocation"]["uriBaseId"] == "%SRCROOT%" for place in physical)
        return [(place["artifactLocation"]["uri"], place["region"]["startLine"]) for place in physical]

    assert places(checks.BROKEN) == [("queries/report.sql", 3)]
    assert places(replace(checks.BROKEN, location="./a b/ü%.sql:2")) == [("a%20b/%C3%BC%25.sql", 2)]
    assert places(replace(checks.BROKEN, location=str(Path.cwd() / "q.sql:2"))) == [("q.sql", 2)]
    assert places(checks.DOUBTFUL) == [("check.json", 1)]
    no_baseline = replace(checks.check(checks.DOUBTFUL), baseline=None)
    assert list(run_of(no_baseline)["results"][0]["locations"][0]) == ["logicalLocations"]


def test_a_fingerprint_outlives_moved_lines_new_costs_and_other_statements() -> None:
    def prints(*statements: Checked) -> list[str]:
        return [one["partialFingerprints"]["dboptStatement/v1"] for one in results(*statements)]

    moved = replace(checks.LOST, location="queries/orders.sql:99", cost_after=50.0, reasons=checks.LOST.reasons[:1])
    assert prints(checks.LOST)[0] == prints(checks.BROKEN, moved)[1]
    without_a_name = replace(checks.BROKEN, name="queries/report.sql:8", location="queries/report.sql:8")
    assert prints(checks.BROKEN) == prints(without_a_name)
    assert len(set(prints(checks.LOST, replace(checks.LOST, name="other"), checks.LOST))) == 9


def test_sarif_says_whether_all_could_be_judged() -> None:
    def invocation(check: Check) -> tuple[bool, int]:
        [one] = run_of(check)["invocations"]
        return one["executionSuccessful"], one["exitCode"]

    assert invocation(checks.check(checks.LOST)) == (True, 1)
    assert invocation(checks.check(checks.BROKEN)) == (False, 3)
    assert invocation(checks.check(checks.PASSED, stale=("x",))) == (False, 3)
    assert invocation(checks.check(checks.PASSED)) == (True, 0)


# -- GitHub -----------------------------------------------------------------------------------------------------------


def test_github_annotates_the_lines_worst_first() -> None:
    assert drawn(checks.check(checks.PASSED, checks.NEW, checks.DOUBTFUL, checks.BROKEN), "github").splitlines() == [
        "::error file=queries/report.sql,line=3,title=error%3A queries/report.sql%3A3::"
        'not-planned: it does not plan: relation "nowhere" does not exist%0Acost was 100',
        "::warning title=inconclusive%3A 00000000000000cc SELECT count(*) FROM items::timing: the runs are too noisy"
        "%0Acost 20.00 -> 20.00%0Atime 10.0 ms -> 11.0 ms (1.10x)",
        "::notice file=queries/new.sql,line=1,title=new%3A added::cost 5.50",
        "::notice title=dbopt check::1 error, 1 inconclusive, 1 new, 1 passed",
        "1 error, 1 inconclusive, 1 new, 1 passed",
    ]


def test_github_is_given_as_many_annotations_as_it_shows() -> None:
    lost = [replace(checks.LOST, id=f"{n:016x}", name=f"lost_{n}", cost_after=10.0 + n) for n in range(25)]
    new = [replace(checks.NEW, id=f"{n:016x}", name=f"new_{n}") for n in range(25)]
    lines = drawn(checks.check(*new, *lost), "github").splitlines()
    commands = [line.split()[0] for line in lines if line.startswith("::")]
    assert (commands.count("::error"), commands.count("::notice")) == (10, 10)
    assert "lost_24" in lines[0]
    assert sum(line.startswith("error: regression: lost_") for line in lines) == 15
    assert sum(line.startswith("notice: new: new_") for line in lines) == 16
    assert lines[-1] == "25 regressions, 25 new"


def test_nothing_that_a_statement_holds_is_taken_for_a_command() -> None:
    lines = drawn(NASTY, "github").splitlines()
    assert sum(line.startswith("::") for line in lines) == 6
    for line in lines[:5]:
        properties, _, message = line.removeprefix("::").partition("::")
        assert "\r" not in line
        assert len(re.findall("[:,]", properties)) == properties.count(",")
        assert re.sub("%(25|0A|0D)", "", message).count("%") == 0
    assert "file=C%3A\\a b\\ü%2C%25%3Ax#?.sql,line=7," in lines[2]


# -- all of them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["table", "markdown", "junit", "sarif", "github", "csv"])
@EVERY
def test_every_form_is_the_same_each_time(check: Check, form: str) -> None:
    assert drawn(check, form) == drawn(check, form)


@pytest.mark.parametrize("form", ["table", "markdown", "junit", "sarif", "github"])
def test_no_form_holds_control_characters(form: str) -> None:
    text = drawn(NASTY, form)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", text)
    assert "🐘" in unquote(text)
    assert len(text) < 200_000
