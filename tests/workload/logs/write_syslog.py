"""Write syslog/*.log anew, by a real PostgreSQL 15 and a real rsyslog (Debian's, started here, as root):

    python -m tests.workload.logs.write_syslog

rsyslog writes one visit in three of its own templates at once. What must be read from it, in syslog/expected.json, is
what the csvlog of the same visit says.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.workload.logs import oracle, visit
from tests.workload.logs.server import logging_server

HERE = Path(__file__).parent / "syslog"
DEVICE = Path("/dev/log")
TEMPLATES = {
    "traditional": "RSYSLOG_TraditionalFileFormat",
    "iso": "RSYSLOG_FileFormat",
    "rfc5424": "RSYSLOG_SyslogProtocol23Format",
}
PREFIX = "user=%u,db=%d,app=%a,client=%h "


def main() -> None:
    HERE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, _rsyslog(Path(name)):
        with logging_server({"log_destination": "stderr,csvlog,jsonlog,syslog"}) as logging:
            visit.prepare(logging.server)
            logging.set(**visit.SETTINGS, log_line_prefix=PREFIX)
            time.sleep(0.3)
            logging.log_as("syslog")
            for template in TEMPLATES:
                (Path(name) / f"{template}.log").write_bytes(b"")  # rsyslog appends
            visit.visit(logging.server)
            visit.long_statement(logging.server)
            logging.log_as("between")
            found = oracle.read(logging.files("syslog")[1])
        time.sleep(1)
        for template in TEMPLATES:
            shutil.copyfile(Path(name) / f"{template}.log", HERE / f"{template}.log")
    expected = {"prefix": PREFIX, **found.document()}
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", "utf-8")


@contextmanager
def _rsyslog(folder: Path) -> Iterator[None]:
    """rsyslogd on /dev/log, which must not be there yet."""
    if DEVICE.exists():
        raise SystemExit(f"{DEVICE} belongs to another daemon")
    configuration = folder / "rsyslog.conf"
    actions = [f'*.* action(type="omfile" file="{folder}/{name}.log" template="{template}")'
               for name, template in TEMPLATES.items()]  # fmt: skip
    configuration.write_text("\n".join(('module(load="imuxsock")', f'global(workDirectory="{folder}")', *actions, "")))
    with subprocess.Popen(["rsyslogd", "-n", "-f", configuration, "-i", folder / "pid"]) as daemon:
        try:
            while not DEVICE.exists():
                time.sleep(0.05)
            yield
        finally:
            daemon.terminate()
            daemon.wait()
            DEVICE.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
