"""Tunings on real servers: what helps stays, what does not goes, and a run that was killed ends as any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from psycopg import sql

from dbopt.errors import UsageError
from dbopt.index.advice import Advice
from dbopt.index.run import Listener
from dbopt.index.undo import undo
from dbopt.postgres.session import Session
from dbopt.tune.model import State, Tuning
from dbopt.tune.run import Hooks, Manner, Tuner
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.model import Source, Statement, Workload
from tests.index.changes import advice, indexes
from tests.servers import Database

GOOD = "CREATE INDEX CONCURRENTLY good ON public.t USING btree (a) WHERE a < 10"
UNREAD = "CREATE INDEX CONCURRENTLY unread ON public.t USING btree (pad) WHERE a < 0"
HARMFUL = "CREATE INDEX CONCURRENTLY harmful ON public.t USING btree (b)"

# The planner of this database takes an index rather than read a table whole: so it takes bad ones, too.
TABLE = """
CREATE TABLE t (id int, a int, b int, pad text);
INSERT INTO t SELECT n, n % 5000, (n * 7919) % 100, repeat('x', 100) FROM generate_series(1, 80000) AS n;
CREATE INDEX old ON t (id) WHERE a < 0;
ANALYZE t;
DO $$ BEGIN
  EXECUTE format('ALTER DATABASE %I SET seq_page_cost = 1000', current_database());
  EXECUTE format('ALTER DATABASE %I SET enable_bitmapscan = off', current_database());
  EXECUTE format('ALTER DATABASE %I SET max_parallel_workers_per_gather = 0', current_database());
  EXECUTE format('ALTER DATABASE %I SET jit = off', current_database());
END $$;
"""
FEW = "SELECT sum(length(pad)) FROM t WHERE a = 7"
MOST = "SELECT count(pad) FROM t WHERE b < 97"
ONE = "SELECT sum(length(pad)) FROM t WHERE b = 7 AND id < 40000"


class Killed(BaseException):
    pass


def workload(**calls: int) -> Workload:
    texts = {"few": FEW, "most": MOST, "one": ONE}
    statements = (Statement(fingerprint(texts[name]), name, texts[name], "select", n) for name, n in calls.items())
    return Workload(Source("sql", None, None, None), tuple(statements))


@pytest.fixture
def tabled(database: Database) -> Iterator[Session]:
    database.session.script(TABLE)
    with database.session.another() as session:
        yield session


class Run:
    """A tuning with this advice, in a folder of its own."""

    def __init__(self, session: Session, folder: Path, made: Advice, asked: Workload) -> None:
        self.session, self.folder, self.advice, self.asked = session, folder, made, asked
        self.undo_file = folder / "undo.json"

    def tuner(self, kind: type[Tuner] = Tuner, agree: bool = True) -> Tuner:
        hooks = Hooks(
            advise=lambda: self.advice,
            agree=lambda _: agree,
            stage=lambda _: None,
            measuring=lambda: nullcontext(None),
            changing=lambda: nullcontext(Listener()),
        )
        return kind(self.session, self.asked, self.folder / "state.json", Manner(), hooks, self.undo_file)

    def end(self) -> Tuning:
        tuner = self.tuner()
        state = tuner.run("asked")
        assert state is not None
        done = tuner.result(state)
        tuner.forget()
        return done

    def fates(self) -> dict[str, str]:
        return {one.index.removeprefix("public."): one.state for one in self.end().indexes}


def test_what_helps_stays_and_what_does_not_goes(tabled: Session, tmp_path: Path) -> None:
    run = Run(tabled, tmp_path, advice([GOOD, UNREAD, HARMFUL]), workload(few=1, most=1))
    done = run.end()
    assert [(one.index, one.state) for one in done.indexes] == [
        ("public.good", "kept"),
        ("public.unread", "undone"),
        ("public.harmful", "undone"),
    ]
    assert indexes(tabled, "t") == {"good": True, "old": True}
    assert [one.reason for one in done.indexes] == [
        "few became faster",
        "no plan reads it",
        "most did not become faster by it",
    ]
    assert not (tmp_path / "state.json").exists()


def test_all_of_it_can_be_taken_back(tabled: Session, tmp_path: Path) -> None:
    run = Run(
        tabled, tmp_path, advice([GOOD, HARMFUL], ["DROP INDEX CONCURRENTLY public.old"]), workload(few=1, most=1)
    )
    assert run.fates() == {"good": "kept", "harmful": "undone", "old": "kept"}
    undo(tabled, run.undo_file)
    assert indexes(tabled, "t") == {"old": True}


def test_an_index_that_is_worth_its_harm_is_built_again(tabled: Session, tmp_path: Path) -> None:
    run = Run(tabled, tmp_path, advice([HARMFUL]), workload(one=40, most=1))
    done = run.end()
    assert [one.state for one in done.indexes] == ["kept"]
    assert "harmful" in indexes(tabled, "t")


def test_an_index_that_was_there_before_is_not_touched(tabled: Session, tmp_path: Path) -> None:
    tabled.script("CREATE INDEX unread ON public.t USING btree (pad) WHERE a < 0")
    assert Run(tabled, tmp_path, advice([UNREAD]), workload(few=1)).fates() == {"unread": "unchanged"}
    assert "unread" in indexes(tabled, "t")


def test_nothing_is_changed_where_that_was_not_agreed_to(tabled: Session, tmp_path: Path) -> None:
    run = Run(tabled, tmp_path, advice([GOOD]), workload(few=1))
    assert run.tuner(agree=False).run("asked") is None
    assert "good" not in indexes(tabled, "t")
    assert list(tmp_path.iterdir()) == []


def test_an_advice_that_is_empty_ends_at_once(tabled: Session, tmp_path: Path) -> None:
    assert Run(tabled, tmp_path, advice(), workload(few=1)).end().indexes == ()


def test_a_dropped_index_comes_back_where_it_is_missed(tabled: Session, tmp_path: Path) -> None:
    tabled.script("CREATE INDEX good ON t (a)")
    run = Run(tabled, tmp_path, advice([], ["DROP INDEX CONCURRENTLY public.good"]), workload(few=1))
    assert run.fates() == {"good": "undone"}
    assert "good" in indexes(tabled, "t")


def test_another_question_does_not_continue_a_run(tabled: Session, tmp_path: Path) -> None:
    run = Run(tabled, tmp_path, advice([GOOD]), workload(few=1))
    with pytest.raises(Killed):
        run.tuner(killed_after(1)).run("asked")
    with pytest.raises(UsageError, match="did not end"):
        run.tuner().run("something else")


def killed_after(writes: int) -> type[Tuner]:
    """A tuner that ends when it has written its state so often."""

    class Mortal(Tuner):
        left = writes

        def _keep(self, state: State) -> State:
            super()._keep(state)
            Mortal.left -= 1
            if not Mortal.left:
                raise Killed
            return state

    return Mortal


def killed_before(writes: int) -> type[Tuner]:
    """A tuner that ends when it has done something, and before it has written that down."""

    class Mortal(Tuner):
        left = writes

        def _keep(self, state: State) -> State:
            Mortal.left -= 1
            if not Mortal.left:
                raise Killed
            return super()._keep(state)

    return Mortal


@pytest.mark.pg(">= 18")
@pytest.mark.parametrize("killed", [killed_after, killed_before])
def test_killed_at_any_step_a_second_run_ends_in_the_same_state(
    tabled: Session, tmp_path: Path, killed: Callable[[int], type[Tuner]]
) -> None:
    run = Run(tabled, tmp_path, advice([GOOD, UNREAD, HARMFUL]), workload(few=1, most=1))
    for step in range(1, 20):
        try:
            assert run.tuner(killed(step)).run("asked") is not None
        except Killed:
            assert run.fates() == {"good": "kept", "unread": "undone", "harmful": "undone"}, step
        else:
            break
        assert indexes(tabled, "t") == {"good": True, "old": True}
        tabled.execute(sql.SQL("DROP INDEX good"))
        run.undo_file.unlink()
    assert step >= 6
