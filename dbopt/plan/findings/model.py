"""What a rule found in a plan. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a plan, and what to do. `rule` is the rule's name (kebab-case, stable); `message` a
    sentence for people that begins in lower case and has no full stop; `remedy` whole sentences; `sql` statements that
    carry it out (may be empty); `node` the number of the plan node (None: the statement); `share` the part of the
    plan's time (else of its cost) that it concerns, None where that is not known.
    """

    rule: str
    message: str
    remedy: str
    sql: tuple[str, ...] = ()
    node: int | None = None
    share: float | None = None
