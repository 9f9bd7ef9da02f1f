"""Chromium without a window, driven by its DevTools protocol over a pipe: what a page asks the network for, what it
complains of, how it looks.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE_S = 60.0
_QUIET = (
    *("--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-extensions", "--mute-audio"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)

# Chromium reads its commands from 3 and answers on 4.
_LAUNCH = """
import fcntl, os, sys
reading, writing = (fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3])
os.dup2(reading, 3)
os.dup2(writing, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def program() -> str | None:
    """Where Chromium is, None where it is not installed."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@dataclass
class Browser:
    """A running Chromium."""

    to_browser: int
    from_browser: int
    buffer: bytes = b""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    events: list[dict[str, Any]] = field(default_factory=list)

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """The result of a command. Events that come meanwhile are kept."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                result: dict[str, Any] = answer["result"]
                return result

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first event of a kind, past or to come."""
        seen = 0
        while True:
            for event in self.events[seen:]:
                if wanted(event):
                    return event
            seen = len(self.events)
            self._message()

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.from_browser], [], [], _PATIENCE_S)
            assert ready, "Chromium says nothing"
            received = os.read(self.from_browser, 1 << 20)
            assert received, "Chromium has ended"
            self.buffer += received
        text, _, self.buffer = self.buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if "id" not in message:
            self.events.append(message)
        return message


@dataclass
class Page:
    """An open page."""

    browser: Browser
    session: str

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.browser.call(method, self.session, **parameters)

    def open(self, url: str) -> None:
        """Go to an address and wait until it is there."""
        self.browser.events.clear()
        self.call("Page.navigate", url=url)
        self.browser.wait_for(lambda event: event["method"] == "Page.loadEventFired")
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; of a promise, what becomes of it."""
        done = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def resize(self, width: int, height: int, *, phone: bool = False) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def media(self, medium: str = "screen", scheme: str = "light") -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=medium, features=features)

    def screenshot(self, path: Path | None = None, *, whole: bool = False) -> bytes:
        """A PNG of what is seen, or of the whole page."""
        picture = base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"])
        if path is not None:
            path.write_bytes(picture)
        return picture

    def pdf(self) -> bytes:
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])

    @property
    def requests(self) -> list[str]:
        """Addresses that the page asked for."""
        return [one["params"]["request"]["url"] for one in self._events("Network.requestWillBeSent")]

    @property
    def complaints(self) -> list[str]:
        """Errors and warnings in the console, broken policies among them."""
        logged = [one["params"]["entry"]["text"] for one in self._events("Log.entryAdded")]
        thrown = [json.dumps(one["params"]["exceptionDetails"]) for one in self._events("Runtime.exceptionThrown")]
        said = [json.dumps(one["params"]["args"]) for one in self._events("Runtime.consoleAPICalled")]
        issues = [json.dumps(one["params"]["issue"]) for one in self._events("Audits.issueAdded")]
        return [*logged, *thrown, *said, *issues]

    def _events(self, method: str) -> list[dict[str, Any]]:
        self.evaluate("0")  # what was on its way is here now
        return [event for event in self.browser.events if event["method"] == method]


@contextmanager
def running() -> Iterator[Page]:
    """A page of a new Chromium, which ends with the block."""
    found = program()
    assert found, "Chromium is not installed (tests/install_servers.sh)"
    their_in, our_out = os.pipe()
    our_in, their_out = os.pipe()
    with tempfile.TemporaryDirectory(prefix="dbopt-chromium-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, str(their_in), str(their_out), found, *_options(profile), "about:blank"],
            pass_fds=(their_in, their_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(their_in)
        os.close(their_out)
        browser = Browser(our_out, our_in)
        try:
            yield _first_page(browser)
        finally:
            _end(browser, process)


def _options(profile: str) -> list[str]:
    as_root = ["--no-sandbox"] if os.getuid() == 0 else []
    return [*_QUIET, *as_root, f"--user-data-dir={profile}", "--remote-debugging-pipe"]


def _first_page(browser: Browser) -> Page:
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    page = Page(browser, session)
    for domain in ("Page", "Runtime", "Network", "Log", "Audits"):
        page.call(f"{domain}.enable")
    return page


def _end(browser: Browser, process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and see that it does."""
    with suppress(BrokenPipeError):
        os.write(browser.to_browser, json.dumps({"id": 0, "method": "Browser.close"}).encode() + b"\0")
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
    for end in (browser.to_browser, browser.from_browser):
        os.close(end)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _lives(process.pid):
        time.sleep(0.05)


def _lives(group: int) -> bool:
    """Whether a process of its group is still there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
