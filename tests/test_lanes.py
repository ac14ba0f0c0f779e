"""The suite is shared among processes: every test once, a lane in one process, what waits for processes first."""

from pathlib import Path
from types import SimpleNamespace

from tests.lanes import FIRST, SHARED, Lanes

ROOT = Path(__file__).resolve().parent.parent
TESTS = [
    *(f"tests/core/test_{name}.py::test[{n}]" for name in "abc" for n in range(20)),
    *(f"tests/e2e/test_{name}.py::test_{n}[a::b]" for name in "ab" for n in range(5)),
    *(f"tests/js/test_modules.py::test[{n}]" for n in range(5)),
    *(f"tests/ops/test_up.py::test_{n}" for n in range(5)),
]


class Process:
    """What the scheduler sees of one."""

    def __init__(self, name: str) -> None:
        self.gateway, self.shutting_down = SimpleNamespace(id=name), False
        self.sent: list[str] = []

    def send_runtest_some(self, numbers):
        self.sent += [TESTS[number] for number in numbers]

    def shutdown(self):
        self.shutting_down = True


def ran(n_processes: int) -> list[list[str]]:
    option = SimpleNamespace(loadscopereorder=True, tx=[f"{n_processes}*popen"])
    config = SimpleNamespace(option=option, getvalue=lambda name: getattr(option, name))
    scheduler = Lanes(config)
    processes = [Process(f"gw{n}") for n in range(n_processes)]
    for process in processes:
        scheduler.add_node(process)
        scheduler.add_node_collection(process, TESTS)
    scheduler.schedule()
    n_done = [0] * n_processes
    while not all(process.shutting_down for process in processes) or n_done != [len(p.sent) for p in processes]:
        for number, process in enumerate(processes):
            if n_done[number] < len(process.sent):
                scheduler.mark_test_complete(process, TESTS.index(process.sent[n_done[number]]))
                n_done[number] += 1
    return [process.sent for process in processes]


def test_every_test_runs_once_and_a_lane_in_one_process():
    shares = ran(3)
    assert sorted(test for share in shares for test in share) == sorted(TESTS)
    for files in (["tests/e2e", "tests/js"], ["tests/ops/test_up"], *([f"tests/core/test_{name}"] for name in "abc")):
        assert sum(any(test.startswith(tuple(files)) for test in share) for share in shares) == 1, files


def test_what_waits_for_processes_begins_first():
    first, second, _ = ran(3)
    assert first[0].startswith("tests/e2e/")
    assert second[0].startswith("tests/ops/")
    (alone,) = ran(1)
    assert [test.split("/")[1] for test in alone if "/core/" not in test] == ["e2e"] * 10 + ["js"] * 5 + ["ops"] * 5
    assert all("/core/" in test for test in alone[20:])


def test_every_place_that_is_named_is_there():
    assert [start for start in {*SHARED, *FIRST} if not (ROOT / start).exists()] == []
