"""No text that a statement can hold breaks a form of a check."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from dbopt.check.model import Cause, Check, Reason
from dbopt.output import render
from dbopt.output.check import report
from tests.output import checks
from tests.output.test_check import JUNIT, SARIF

PIECES = [
    "::error::",
    "```",
    "</details>",
    "]]>",
    "|",
    "%0A",
    "\r\n",
    "\x1b[2J",
    "\x85",
    "\u2028",
    "\ud800",
    "🐘",
    "@",
    ":",
]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=6).map("".join)


@st.composite
def checked(draw: st.DrawFn) -> Check:
    one = replace(
        checks.LOST,
        name=draw(st.none() | TEXTS),
        verdict=draw(st.sampled_from(["regression", "error", "inconclusive", "improvement", "pass"])),
        reasons=(Reason("cost", "regression", draw(TEXTS)), Reason("plan", "note", draw(TEXTS))),
        plan_diff=("--- before", "+++ after", "@@ -1 +1 @@", "-" + draw(TEXTS), "+" + draw(TEXTS)),
        location=draw(st.none() | TEXTS | TEXTS.map("{}:3".format)),
        cause=Cause((), draw(TEXTS)),
        was=draw(st.none() | TEXTS),
        sql=draw(st.none() | TEXTS),
    )
    check = checks.check(one, stale=(draw(TEXTS),), remarks=(draw(TEXTS),))
    return replace(check, baseline=draw(st.none() | TEXTS), snapshot=draw(st.none() | TEXTS))


@given(checked())
@settings(max_examples=150, deadline=None)
def test_every_form_stays_what_it_is(check: Check) -> None:
    form = {
        name: render.as_text(report(check), name) for name in ("table", "markdown", "junit", "sarif", "github", "csv")
    }
    JUNIT.validate(form["junit"])
    SARIF.validate(json.loads(form["sarif"]))
    assert len(list(csv.reader(io.StringIO(form["csv"])))) == 2
    assert sum(line.startswith("::") for line in form["github"].split("\n")) == 3 + (
        check.statements[0].verdict != "pass"
    )
    assert not any(line.lstrip().startswith("::") for line in form["table"].split("\n"))
    outside = re.sub(r"^(`{3,})[a-z]+\n.*?^\1$", "", form["markdown"], flags=re.MULTILINE | re.DOTALL)
    assert outside.count("<details>") == outside.count("</details>") <= 1
    for text in (form[name] for name in ("table", "markdown", "junit", "sarif", "github")):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", text)
