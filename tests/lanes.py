"""How several processes share the suite: a file stays in one of them, and what starts real processes begins first.

What a file or a folder starts once (a browser, two machines, a server) is then started once a run and not once a
process, and what is left for the end is small, so that no core waits for the last one.
"""

from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

#: Folders whose files share something: one lane each, however many files.
SHARED = {
    "tests/e2e/": "a browser and a site",
    "tests/js/": "a browser and a site",
    "tests/ops/many_machines/": "two machines",
    "tests/serving/": "a home of many rows",
}
#: Beginnings of the files that wait for processes of their own, those that take longest first.
FIRST = (
    *SHARED,
    "tests/ops/",
    "tests/learning/test_worker_storms.py",
    "tests/learning/test_kills.py",
    "tests/learning/pairwise/test_kills.py",
    "tests/learning/test_project_kills.py",
    "tests/outages/",
    "tests/concurrency/",
    "tests/clients/",
    "tests/upgrade/",
    "tests/test_house.py",
    "tests/test_benchmarks.py",
    "tests/learning/",
)


def lane_of(nodeid: str) -> str:
    """What stays together: the tests of one file, or of all files of a shared folder."""
    file = nodeid.partition("::")[0]
    return next((lane for folder, lane in SHARED.items() if file.startswith(folder)), file)


def turn_of(nodeid: str) -> int:
    """The place in ``FIRST``; whatever stands not there comes after."""
    return next((number for number, start in enumerate(FIRST) if nodeid.startswith(start)), len(FIRST))


class Lanes(LoadScopeScheduling):
    """Gives a process that is about to be idle the lane whose turn it is."""

    def _split_scope(self, nodeid: str) -> str:
        return lane_of(nodeid)

    def _assign_work_unit(self, node: "WorkerController") -> None:
        turn = min(self.workqueue, key=lambda lane: turn_of(next(iter(self.workqueue[lane]))))
        self.workqueue.move_to_end(turn, last=False)
        super()._assign_work_unit(node)
