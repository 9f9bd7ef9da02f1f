"""What the gate's rules are called and mean, for SARIF, reports and docs/check-rules.md. The rules themselves are in
dbopt/check/rules.
"""

from __future__ import annotations

from dataclasses import dataclass

PAGE = "docs/check-rules.md"


@dataclass(frozen=True)
class Entry:
    """A rule: its name, a title without full stop, what it means and what to do in whole sentences."""

    name: str
    title: str
    meaning: str
    remedy: str

    @property
    def anchor(self) -> str:
        """Where it is described."""
        return f"{PAGE}#{self.name}"


CATALOGUE: tuple[Entry, ...] = (
    Entry(
        "cost",
        "The statement costs more",
        "The planner's cost of the statement grew by more than the tolerance.",
        "Look at the plan diff: usually another reason says where the cost comes from. If the new cost is right, "
        "accept it with --update.",
    ),
    Entry(
        "lost-index",
        "An index is no longer used",
        "A table was read through an index and is now read in another way.",
        "Keep the index, or write the condition so that it fits the index: no function or cast around the column, and "
        "values of the column's type.",
    ),
    Entry(
        "seq-scan",
        "A large table is read whole",
        "The plan reads all of a large table, which it did not do before.",
        "Add an index for the condition (`dbopt suggest` finds one), or make the condition selective.",
    ),
    Entry(
        "lost-pruning",
        "More partitions are read",
        "The planner can no longer leave out partitions of a table.",
        "Compare the partition key itself with a value: no function around it, no cast, no OR with other columns.",
    ),
    Entry(
        "disk-sort",
        "A sort or hash goes to disk",
        "A sort or hash is expected to need more memory than work_mem allows, and to go to disk.",
        "Read fewer or narrower rows, give the order by an index, or raise work_mem for this statement.",
    ),
    Entry(
        "join",
        "The joins changed",
        "Tables are joined in another order or by another method, at a higher cost.",
        "Check the estimates of both sides: missing statistics or a condition that the planner cannot estimate are the "
        "usual cause.",
    ),
    Entry(
        "estimate",
        "The planner expects very different rows",
        "The number of rows that the planner expects moved by a large factor.",
        "Give the planner a condition that it can estimate, or statistics: CREATE STATISTICS for columns that belong "
        "together, or for an expression.",
    ),
    Entry(
        "guess",
        "The planner has to guess",
        "A function, a cast or a computation hides a column from the planner, which had statistics of it before.",
        "Write the condition with the column alone on one side; else give the expression statistics: CREATE "
        "STATISTICS, or an index on it.",
    ),
    Entry(
        "lost-statistics",
        "Statistics are gone",
        "The plan rests on statistics that are no longer there.",
        "Restore the extended statistics, the index on the expression or the key that was dropped, or run ANALYZE.",
    ),
    Entry(
        "blocks",
        "The statement touches more blocks",
        "Run on data, the statement touched more blocks of 8 kB than before.",
        "Look at the plan diff for what is read in addition.",
    ),
    Entry(
        "rows",
        "The statement returns more rows",
        "The statement returns more rows than before, or is expected to.",
        "Look for a LIMIT, a DISTINCT or a condition that is gone. If the change is meant, accept it with --update.",
    ),
    Entry(
        "timing",
        "The statement runs longer",
        "Measured side by side with its former text, the statement runs longer.",
        "Look at the plan diff, and at what `dbopt explain --analyze` says of both texts.",
    ),
    Entry(
        "stale-statistics",
        "The statistics are old",
        "A table has grown much since VACUUM or ANALYZE last looked at it, so the planner works with old statistics.",
        "Run ANALYZE on the table, and take a new snapshot.",
    ),
    Entry(
        "stale-baseline",
        "The baseline does not fit",
        "The baseline was made for another server version, other settings or very different statistics.",
        "Make a new baseline from the present snapshot on the main branch, with --update.",
    ),
    Entry(
        "not-planned",
        "The statement could not be planned",
        "PostgreSQL could not plan the statement, so nothing can be said of it.",
        "Mend the statement, or take a snapshot that has what it needs.",
    ),
    Entry(
        "not-run",
        "The statement fails",
        "The statement ran on data when the baseline was made, and fails now.",
        "Mend the statement, or name the database that the baseline was made with.",
    ),
    Entry(
        "timeout",
        "The statement does not end in time",
        "The statement ran on data when the baseline was made, and does not end within the time limit now.",
        "Look at the plan diff for what is read in addition; --timeout sets the limit.",
    ),
    Entry(
        "plan",
        "The plan is another one",
        "The plan is another one, at about the same cost.",
        "Nothing needs to be done. --update takes the new plan into the baseline.",
    ),
)

_BY_NAME = {entry.name: entry for entry in CATALOGUE}


def entry(name: str) -> Entry:
    """The rule of this name; of a rule that is not in the catalogue, its name is all there is to say."""
    return _BY_NAME.get(name) or Entry(name, name, name, "Look at the plan diff.")
