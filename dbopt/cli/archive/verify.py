"""dbopt archive verify"""

from __future__ import annotations

from typing import Annotated

import typer

from dbopt.cli.archive.shared import Names, policies
from dbopt.cli.command import Run, command


def register(app: typer.Typer) -> None:
    @command(app)
    def verify(
        run: Run,
        policy: Names = None,
        sample: Annotated[
            str, typer.Option("--sample", metavar="PERCENT", help="A random share of the batches, as in 5%.")
        ] = "100%",
        seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="Choose the same share again.")] = None,
    ) -> int:
        """Read the archive again and compare it with its manifests and the ledger; exit code 1 where it is damaged."""
        from dbopt.archive.verify import verify as verified
        from dbopt.output import archive as output
        from dbopt.output.progress import bar
        from dbopt.units import share

        chosen, _ = policies(run, policy)
        with run.connect() as session, bar(quiet=run.quiet) as on_file:
            found = verified(session, chosen, share(sample), seed, on_file)
        run.emit(output.verified(found))
        return 1 if found.damage else 0
