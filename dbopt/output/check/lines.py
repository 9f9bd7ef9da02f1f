"""A check as plain text, for a log."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.model import Check, Checked
from dbopt.output.check import words
from dbopt.output.texts import clean


def text(check: Check, verbose: bool) -> str:
    """The statements worst first, then what is to be said loudly, then the counts."""
    blocks = ["\n".join(statement(one)) for one in shown(check, verbose)]
    blocks += ["\n".join(words.warnings(check))] if words.warnings(check) else []
    return "\n\n".join([words.origin(check), *blocks, passed(check, verbose) + words.summary(check)]) + "\n"


def shown(check: Check, verbose: bool) -> list[Checked]:
    """What passed is only counted, unless more was asked for."""
    return [one for one in words.ordered(check) if verbose or one.verdict != "pass"]


def passed(check: Check, verbose: bool) -> str:
    """A hint at what is not shown of the statements that passed."""
    noted = sum(one.verdict == "pass" and bool(one.reasons) for one in check.statements)
    if verbose or not noted:
        return ""
    return f"{noted} of the statements that passed {'has a note' if noted == 1 else 'have notes'}: --verbose\n"


def statement(one: Checked) -> Iterator[str]:
    """The lines of one statement."""
    yield f"{label(one)}  {words.heading(one)}" + (f"  {words.location(one)}" if words.location(one) else "")
    yield from (f"  {figure}" for figure in words.figures(one))
    yield from (f"  {words.reason_text(reason)}" for reason in one.reasons)
    yield from (f"    {line}" for line in diff(one))


def label(one: Checked) -> str:
    """The verdict; what fails in capitals."""
    return one.verdict.upper() if one.verdict in words.FAILING else one.verdict


def diff(one: Checked) -> list[str]:
    """The plan diff line by line, without its header: a plan is read whole."""
    body = [line for number, line in enumerate(one.plan_diff) if number > 1 or not line.startswith(("--- ", "+++ "))]
    kept = [line for number, line in enumerate(body) if number or not line.startswith("@@")]
    return [clean(line).replace("\n", " ").rstrip() for line in kept]
