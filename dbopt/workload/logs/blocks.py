"""A log cut into blocks of whole entries, each with the format to read it by. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dbopt.workload.logs.changes import ENOUGH, is_as_good, may_follow, share, starts
from dbopt.workload.logs.detect import Format, reader
from dbopt.workload.logs.entries import Account
from dbopt.workload.logs.infer import inferred
from dbopt.workload.logs.wrappers import JSON, Unwrapper

BLOCK = 1 << 22
LONGEST_ENTRY = 1 << 26  # bytes; a longer one is cut
_RECENT = 1 << 16  # bytes that are looked at to see whether a prefix still fits
_LEAST = 20  # lines that show another prefix
_MOST = 400
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Block:
    """Whole entries."""

    form: Format
    data: bytes


@dataclass
class Blocks:
    """Data in as it comes, blocks out. `rest` gives the last one. `form` is how the log goes on, as far as is known."""

    form: Format
    account: Account
    sample: bytes = b""  # where the prefix was found out from
    unwrapper: Unwrapper | None = None
    _first: list[bytes] = field(default_factory=list)  # lines that fit the prefix
    _left: bytes = b""
    _wrapped: bytes = b""

    def __post_init__(self) -> None:
        if self.form.wrapper is not None:
            self.unwrapper = Unwrapper(self.form.wrapper, self.form.is_marked, self.form.has_blanks, self.account)

    def feed(self, data: bytes, *, least: int = BLOCK) -> Block | None:
        """A block, None while there is not that much."""
        if self.account.size == 0 and data.startswith(_BOM):
            self.account.size = self.account.recognised = len(_BOM)
            data = data[len(_BOM) :]
        self.account.size += len(data)
        self.account.lines += data.count(b"\n")
        self._left += self._plain(data)
        if len(self._left) < least:
            return None
        form = self._considered()
        cut = reader(self.form).cut(self._left)
        if cut == 0 and len(self._left) > LONGEST_ENTRY:
            cut = self._left.rfind(b"\n") + 1 or len(self._left)
        block, self._left = self._left[:cut], self._left[cut:]
        return Block(form, block) if block else None

    def rest(self) -> Block | None:
        """What is left at the end of the log."""
        if self.unwrapper is not None:
            wrapped, self._wrapped = self._wrapped, b""
            self._left += (self.unwrapper.unwrapped(wrapped) if wrapped else b"") + self.unwrapper.rest()
        form = self._considered()
        block, self._left = self._left, b""
        return Block(form, block) if block else None

    @property
    def waiting_bytes(self) -> int:
        """What was fed and has not come out."""
        tail = self.unwrapper.waiting_bytes if self.unwrapper is not None else 0
        return len(self._left) + len(self._wrapped) + tail

    def _considered(self) -> Format:
        """The format of what waits. Where its last lines do not fit the prefix that the first ones showed, there is one
        for both, for a log may begin with entries of processes for which it stops at %q; or the prefix has changed, and
        where exactly is told by who reads the block.
        """
        if self.form.kind != "stderr" or self.form.is_given:
            return self.form
        if share(self.form.prefix, self._last_lines(_RECENT)) >= ENOUGH:
            return self.form
        before, lines = self._first_lines(), self._last_lines(BLOCK)[-_MOST:]
        both, now = (inferred(each, has_blanks=self.form.has_blanks) for each in ([*before, *lines], lines))
        if both is not None and is_as_good(both, now, lines) and is_as_good(both, self.form.prefix, before):
            self.form = replace(self.form, prefix=both)
        elif now is not None and len(lines) >= _LEAST and may_follow(self.form.prefix, now):
            former, self.form, self._first = self.form, self.form.changed(now), lines
            return replace(former, others=(now, *former.others))
        return self.form

    def _last_lines(self, within: int) -> list[bytes]:
        """Those that may start an entry."""
        recent = self._left[-within:]
        return starts(recent[recent.find(b"\n") + 1 :], within)

    def _first_lines(self) -> list[bytes]:
        if not self._first:
            wrapper = self.form.wrapper
            text = Unwrapper(wrapper, is_marked=False).unwrapped(self.sample) if wrapper else self.sample
            self._first = starts(text)
        return self._first

    def _plain(self, data: bytes) -> bytes:
        """Without what other programs wrapped around; the part of a line waits for the rest."""
        if self.unwrapper is None:
            return data
        if self.form.wrapper == JSON:
            return self.unwrapper.unwrapped(data)
        self._wrapped += data
        end = self._wrapped.rfind(b"\n") + 1
        if end == 0 and len(self._wrapped) > LONGEST_ENTRY:
            end = len(self._wrapped)
        whole, self._wrapped = self._wrapped[:end], self._wrapped[end:]
        return self.unwrapper.unwrapped(whole) if whole else b""
