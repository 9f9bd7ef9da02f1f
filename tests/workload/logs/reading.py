"""`dbopt capture logs` as the tests drive it: through its command line, in this process."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbopt.cli.main import main
from dbopt.workload.logs.capture import sources_of
from dbopt.workload.logs.processes import Filter
from dbopt.workload.logs.reading import Reading as LogReading


@dataclass(frozen=True)
class Reading:
    """What the command answered. `written` is what it wrote into the file, empty where it wrote none."""

    code: int
    out: str
    err: str
    written: str

    @property
    def document(self) -> dict[str, Any]:
        assert self.written, self.err
        found: dict[str, Any] = json.loads(self.written)
        return found

    @property
    def log(self) -> dict[str, Any]:
        """How the log was read."""
        account: dict[str, Any] = self.document["log"]
        return account

    @property
    def statements(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.document["statements"]
        return found

    @property
    def accounted(self) -> tuple[int, int]:
        """How many bytes the log has by its account, and the sum of the parts."""
        return self.log["bytes"], sum(self.log[f"{part}_bytes"] for part in ("recognised", "continued", "skipped"))

    @property
    def text(self) -> str:
        """All that it said and wrote."""
        return f"{self.out}\n{self.err}\n{self.written}"


def read(folder: Path, *arguments: str | Path) -> Reading:
    """`dbopt capture logs` with these arguments; its document goes to a file in the folder."""
    file = folder / "workload.json"
    file.unlink(missing_ok=True)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["capture", "logs", *map(str, arguments), "--jobs", "1", "-o", str(file)])
    written = file.read_text("utf-8") if file.exists() else ""
    return Reading(code, out.getvalue(), err.getvalue(), written)


def accounted(*paths: Path, prefix: str | None) -> tuple[int, int]:
    """The same of a log in which no statement was found, so that there is no document."""
    with LogReading(Filter(), prefix=prefix) as reading:
        reading.read(sources_of([str(path) for path in paths]), lambda _: None)
    accounts = [file.account for file in reading.files]
    return sum(one.size for one in accounts), sum(one.recognised + one.continued + one.skipped for one in accounts)
