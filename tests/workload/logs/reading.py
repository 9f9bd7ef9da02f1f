"""`dbopt capture logs` as the tests drive it: through its command line, in this process."""

from __future__ import annotations

import contextlib
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbopt.cli.main import main

BYTES = re.compile(r"(\d+) of (\d+) bytes")


@dataclass(frozen=True)
class Reading:
    """What the command answered. `document` is what it wrote, None where it wrote nothing."""

    code: int
    out: str
    err: str
    document: dict[str, Any] | None

    @property
    def log(self) -> dict[str, Any]:
        """The account of the log."""
        assert self.document is not None, self.err
        account: dict[str, Any] = self.document["source"]["log"]
        return account

    @property
    def accounted(self) -> tuple[int, int]:
        """How many bytes the log has by its account, and the sum of the parts: recognised, continued, skipped."""
        if self.document is None:
            match = BYTES.search(self.err)
            assert match, self.err
            return int(match[2]), int(match[1])
        return self.log["bytes"], sum(self.log[f"{part}_bytes"] for part in ("recognised", "continued", "skipped"))

    @property
    def text(self) -> str:
        """All that it said and wrote."""
        return f"{self.out}\n{self.err}\n{json.dumps(self.document, ensure_ascii=False)}"


def read(folder: Path, *arguments: str | Path) -> Reading:
    """`dbopt capture logs` with these arguments; its document goes to a file in the folder."""
    file = folder / "workload.json"
    file.unlink(missing_ok=True)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["capture", "logs", *map(str, arguments), "--jobs", "1", "-o", str(file)])
    document = json.loads(file.read_text("utf-8")) if file.exists() else None
    return Reading(code, out.getvalue(), err.getvalue(), document)
