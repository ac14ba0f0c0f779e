"""How several processes share the suite: a file stays in one of them, and what starts real processes begins first.

What a file or a folder starts once (a browser, two machines, a server) is then started once a run and not once a
process, and what is left for the end is small, so that no core waits for the last one. A file of few long tests has
its line here too: among the others those of most tests begin first, a single test of half a minute would be the last.
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
#: Beginnings of the files that wait for processes of their own, those that take longest first; then of files that take
#: long for the number of their tests.
FIRST = (
    *SHARED,
    "tests/ops/",
    "tests/learning/test_worker_storms.py",
    "tests/learning/test_kills.py",
    "tests/learning/pairwise/test_kills.py",
    "tests/learning/test_project_kills.py",
    "tests/learning/test_relabeling_kills.py",
    "tests/outages/",
    "tests/concurrency/",
    "tests/clients/",
    "tests/upgrade/",
    "tests/test_house.py",
    "tests/test_benchmarks.py",
    "tests/labeling/exports/test_readers.py",
    "tests/labeling/imports/test_round_trip_judgments.py",
    "tests/labeling/imports/test_round_trip_answers.py",
    "tests/labeling/imports/test_round_trip_cases.py",
    "tests/labeling/imports/test_one_path.py",
    "tests/labeling/imports/foreign/test_own_page.py",
    "tests/labeling/kinds/",
    "tests/labeling/test_tasks_histories.py",
    "tests/labeling/test_queue_migration.py",
    "tests/labeling/pairs/test_serving.py",
    "tests/learning/test_gate_replays.py",
    "tests/core/test_even_steps.py",
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
