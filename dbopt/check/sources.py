"""Where plans come from: a shadow of a snapshot, or a server itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dbopt.check.observe import Observer
from dbopt.plan.execution import Limits
from dbopt.postgres.session import Session
from dbopt.shadow.migration import Migration
from dbopt.shadow.shadow import Shadow
from dbopt.shadow.snapshot import Snapshot
from dbopt.shadow.what_if import ShadowWhatIf


@dataclass(frozen=True)
class Source:
    """One of `snapshot`, planned with in a shadow, or `session`, planned on. `data` is a session on a database on which
    the statements are run too. A `migration` is applied to the shadow before anything is planned.
    """

    limits: Limits
    snapshot: Snapshot | None
    session: Session | None
    data: Session | None = None
    migration: Migration | None = None
    bin_dir: Path | None = None

    @contextmanager
    def observer(self) -> Iterator[Observer]:
        """Raises EmbeddedServerError, and what a migration or a connection can."""
        if self.snapshot is None:
            assert self.session is not None  # noqa: S101 - one of both
            yield Observer(self.session, self.session.server_version, data=self.data, limits=self.limits)
            return
        with Shadow.open(self.snapshot, bin_dir=self.bin_dir, migration=self.migration) as shadow:
            asked = ShadowWhatIf(shadow)
            try:
                with shadow.connect() as session:
                    yield Observer(
                        session,
                        self.snapshot.server_version,
                        asked.check,
                        self.data,
                        self.limits,
                        _remarks(shadow),
                        self.snapshot.as_of,
                    )
            finally:
                asked.close()


def _remarks(shadow: Shadow) -> tuple[str, ...]:
    missing = [f"the shadow lacks {schema}.{name}: {why}" for (schema, name), why in sorted(shadow.unrestored.items())]
    return (*(f"the shadow differs: {remark}" for remark in shadow.remarks), *missing)
