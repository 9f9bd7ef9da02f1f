"""A clock that goes on when it is told to."""

from __future__ import annotations


class Clock:
    """Seconds; who sleeps by it makes them pass."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
