"""A comparison as Markdown: what changed in plans, and that no text leaves its place."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dbopt.output.compared_markdown import text
from dbopt.output.markdown import LIMIT
from dbopt.timing.compare import compare
from dbopt.timing.model import Timings
from tests.output.html.explained import node, plan, scan
from tests.output.html.test_page import HOSTILE, timing, timings


def markdown(before: Timings, after: Timings) -> str:
    return text(compare(before, after), before, after)


def index_scan(**more: Any) -> dict[str, Any]:
    return node("Index Scan", Index_Name="t_x", Relation_Name="t", Alias="t", Schema="public", **more)


def test_the_difference_of_two_plans_is_folded() -> None:
    before = timings(timing("a", (20.0, 20.1), plan(node("Limit", scan("t", Filter="(x = 1)"), ms=20.0))))
    after = timings(timing("a", (1.0, 1.1), plan(node("Limit", index_scan(Index_Cond="(x = 1)"), ms=1.0))))
    assert markdown(before, after).partition("<details>")[2] == (
        "<summary>Plan of <code>SELECT a</code></summary>\n\n"
        "```diff\n"
        " Limit\n"
        "-  -> Seq Scan on public.t\n"
        "-       Filter: (x = 1)\n"
        "+  -> Index Scan using t_x on public.t\n"
        "+       Index Cond: (x = 1)\n"
        "```\n\n"
        "```sql\nSELECT a\n```\n\n"
        "</details>\n"
    )


def test_without_plans_their_shapes_are_compared() -> None:
    before = timings(timing("a", (20.0, 20.1), plan_shape="Seq Scan t"))
    after = timings(timing("a", (1.0, 1.1), plan_shape="Index Scan t"))
    assert "```diff\n-Seq Scan t\n+Index Scan t\n```" in markdown(before, after)


def test_a_plan_that_is_the_same_is_not_told() -> None:
    same = timings(timing("a", (20.0, 20.1), plan(scan("t", ms=1.0))))
    assert "<details>" not in markdown(same, same)


@pytest.mark.parametrize("hostile", [*HOSTILE, "```\n# mine", "a|b|c", "@everyone [x](http://y)", "</details>"])
def test_text_from_outside_stays_where_it_is(hostile: str) -> None:
    before = timings(timing("a", (20.0, 20.1), plan(scan(hostile, Filter=hostile)), sql=hostile, name=hostile))
    after = timings(timing("a", (1.0, 1.1), plan(index_scan()), sql=hostile, name=hostile, error=hostile))
    written = markdown(before, after)
    outside = re.sub(r"^(`{3,})\w+\n.*?^\1$", "", written, flags=re.DOTALL | re.MULTILINE)
    headings = [line for line in outside.splitlines() if line.startswith("#")]
    assert headings == ["## 20.1 ms before, 1.05 ms after: 94.8 % less"]
    assert outside.count("</details>") == 1
    assert "<script" not in outside
    assert "<img" not in outside
    assert len(re.findall(r"(?<!\\)\|", outside.splitlines()[6])) == 7


def test_it_is_never_longer_than_github_takes() -> None:
    many = [timing(f"s{n}", (20.0, 20.1), plan(scan("t" * 50, ms=1.0)), sql="x" * 500) for n in range(2000)]
    later = [timing(f"s{n}", (1.0, 1.1), plan(index_scan()), sql="x" * 500) for n in range(2000)]
    written = markdown(timings(*many), timings(*later))
    assert len(written) <= LIMIT
    assert "are left out" in written


def test_nothing_measured_on_both_sides_is_said() -> None:
    assert markdown(timings(timing("a", (1.0,))), timings()).startswith("## Nothing was measured on both sides\n")
