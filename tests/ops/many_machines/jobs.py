"""Jobs as the database tells of them, whichever machine is at them."""

import sys
from typing import NamedTuple

from tests.ops.many_machines.machine import Machine
from tests.ops.many_machines.site import Site

#: Promised (docs/decisions/0040), from a kill or the end of an outage on.
BACK_WITHIN_S = 15.0
ROWS = 20_000
IMPORT, RUN = "labeling_importbatch", "learning_run"
PATIENCE_S = 120


class Job(NamedTuple):
    table: str
    public_id: str
    site: Site

    def now(self) -> tuple[str, int, str]:
        """State, attempt, and the machine that has (or had) it in hand."""
        sql = f"SELECT state, attempt, worker FROM {self.table} WHERE public_id = %s"
        [(state, attempt, worker)] = self.site.query(sql, self.public_id)
        return state, attempt, worker.partition(".")[0]

    def is_at(self, machine: Machine) -> bool:
        state, _, name = self.now()
        return state == "running" and name == machine.name

    def went_on_at(self, machine: Machine, after: int) -> bool:
        _, attempt, name = self.now()
        return attempt > after and name == machine.name

    def is_done(self) -> bool:
        state = self.now()[0]
        assert state in ("queued", "running", "done"), state
        return state == "done"


def show(figure: str) -> None:
    """Seen with ``pytest -s``, and whenever the test fails."""
    sys.stdout.write(f"\n{figure}\n")
