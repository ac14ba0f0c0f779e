"""A machine that is killed in the middle of jobs: the other one goes on with them within 15 s."""

import time

import pytest

from tests.ops.many_machines.jobs import BACK_WITHIN_S, IMPORT, PATIENCE_S, ROWS, RUN, Job, show
from tests.ops.many_machines.machine import Machine
from tests.ops.many_machines.person import Person
from tests.ops.many_machines.site import Site
from tests.ops.running import until

pytestmark = pytest.mark.broker
RUNS = 20


def no_runs(site: Site) -> bool:
    return site.query("SELECT count(*) FROM learning_run WHERE state IN ('queued', 'running')") == [(0,)]


def run_in_hand(site: Site, person: Person, machine: Machine) -> Job:
    """A run is over in a moment: one after the other is asked for until the machine stands still with one in hand."""
    for _ in range(RUNS):
        run = Job(RUN, person.api("POST", "/projects/learned/runs/", {})["id"], site)
        until(lambda run=run: run.now()[0] != "queued", "the run at work", PATIENCE_S)
        machine.pause()
        if run.is_at(machine):
            return run
        machine.go_on()
        person.label("learned", 5)
    raise AssertionError(f"{RUNS} runs were over before the machine stood still")


def test_an_import_and_a_run_of_a_killed_machine_go_on_at_the_other_one(site):
    one, two = site.machines
    site.all_up()
    person = two.person()
    for slug in ("learned", "large"):
        person.make_project(slug)
    first = Job(IMPORT, person.start_import("learned", 3_000), site)
    until(first.is_done, "the items to label", PATIENCE_S)
    person.label("learned", 40)
    until(lambda: no_runs(site), "the runs that began by themselves", PATIENCE_S)
    person.label("learned", 5)

    celery = {"destination": [f"celery@{two.name}"], "reply": True, "timeout": 30}
    assert site.broker.control.cancel_consumer("celery", **celery)  # both jobs are to be taken by the machine that dies
    large = Job(IMPORT, person.start_import("large", ROWS), site)
    until(lambda: large.is_at(one), "the import at work", PATIENCE_S)
    run = run_in_hand(site, person, one)
    jobs = (run, large)
    assert site.broker.control.add_consumer("celery", **celery)

    one.kill()
    killed_at = time.monotonic()
    assert all(job.is_at(one) for job in jobs), "they were over before the machine was killed"
    attempts = [job.now()[1] for job in jobs]
    for job, attempt in zip(jobs, attempts, strict=True):
        until(lambda job=job, attempt=attempt: job.went_on_at(two, attempt), f"{job.table} goes on", PATIENCE_S)
        waited_s = time.monotonic() - killed_at
        show(f"{job.table} went on {waited_s:.1f} s after the kill")
        assert waited_s < BACK_WITHIN_S, site.log()
    for job in jobs:
        until(job.is_done, f"{job.table} ends at the other machine", PATIENCE_S)
    stored = "SELECT accepted, duplicates, rejected FROM labeling_importbatch WHERE public_id = %s"
    assert site.query(stored, large.public_id) == [(ROWS, 0, 0)]
    models = (
        "SELECT count(*) FROM learning_modelversion WHERE run_id = (SELECT id FROM learning_run WHERE public_id = %s)"
    )
    assert site.query(models, run.public_id) == [(1,)]
