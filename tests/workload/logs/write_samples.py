"""Write prefixes/* and secrets/* anew, by a real PostgreSQL 15 (18 for some) with each setting of settings.py:

    python -m tests.workload.logs.write_samples [NAME...]

Each sample is the stderr log of one visit (visit.py), of some also the csvlog and jsonlog; what must be read from it is
what the csvlog of the same visit says, in expected.json.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.workload.logs import oracle, visit, visit_secrets
from tests.workload.logs.server import LoggingServer, logging_server
from tests.workload.logs.settings import PREFIXES, PREFIXES_18, STYLES, zone

SAMPLES = Path(__file__).parent / "prefixes"
OTHER_FORMATS = ("default", "local_address")  # as csvlog and jsonlog, too
SECRETS = Path(__file__).parent / "secrets"


def main(wanted: list[str]) -> None:
    SAMPLES.mkdir(exist_ok=True)
    SECRETS.mkdir(exist_ok=True)
    expected_file = SAMPLES / "expected.json"
    expected = json.loads(expected_file.read_text("utf-8")) if wanted else {}
    with logging_server() as logging:
        visit.prepare(logging.server)
        for name in (*PREFIXES, *STYLES):
            if not wanted or name in wanted:
                expected[name] = _written(logging, name, PREFIXES.get(name, PREFIXES["default"]), STYLES.get(name, {}))
        if not wanted or "secrets" in wanted:
            _write_secrets(logging)
    with logging_server(major=18) as logging:
        visit.prepare(logging.server)
        for name, prefix in PREFIXES_18.items():
            if not wanted or name in wanted:
                expected[name] = _written(logging, name, prefix, {})
    expected_file.write_text(json.dumps(expected, indent=1) + "\n", "utf-8")


def _written(logging: LoggingServer, name: str, prefix: str, style: Mapping[str, str]) -> dict[str, object]:
    """Write one sample, and say what is in it."""
    logging.set(**{**visit.SETTINGS, **style}, log_line_prefix=prefix, log_timezone=zone(name))
    time.sleep(0.3)
    logging.log_as(name)
    visit.visit(logging.server)
    logging.log_as("between")
    stderr, csv, json_file = logging.files(name)
    shutil.copyfile(stderr, SAMPLES / stderr.name)
    if name in OTHER_FORMATS:
        shutil.copyfile(csv, SAMPLES / f"{name}.csv")
        shutil.copyfile(json_file, SAMPLES / f"{name}.json")
    return {"prefix": prefix, **oracle.read(csv).document()}


def _write_secrets(logging: LoggingServer) -> None:
    """secrets.log.gz, .csv.gz and .json.gz: what visit_secrets.py had the server write."""
    prefix = PREFIXES["debian"]
    logging.set(**{**visit.SETTINGS, **visit_secrets.SETTINGS}, log_line_prefix=prefix)
    time.sleep(0.3)
    logging.log_as("secrets")
    visit_secrets.visit(logging.server)
    logging.log_as("between")
    for path in logging.files("secrets"):
        (SECRETS / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


if __name__ == "__main__":
    main(sys.argv[1:])
