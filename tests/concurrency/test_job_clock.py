"""Jobs under machines whose clocks differ: only the database's clock counts; and one message for each waiting job."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from labeling.models import ImportBatch, JobState, WorkerMachine
from labeling.models.clock import database_now
from labeling.services.housekeeping import sweep
from learning.models import Decision, NextDecision, Run
from learning.services.runs.sweep import _ask_for_ranking, sweep_runs
from tests.factories import make_project

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

THERE = "there.00000000:2:2"


@pytest.fixture(params=[-7_200, 7_200], ids=["two hours behind", "two hours ahead"])
def wrong_clock(request, monkeypatch):
    """This process's clock, while the database's is right."""
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(seconds=request.param))


@pytest.fixture
def broker(monkeypatch) -> list[tuple[str, int]]:
    """The messages that no worker has taken yet."""
    messages: list[tuple[str, int]] = []
    monkeypatch.setattr(sweep, "enqueue", lambda job, pk: bool(messages.append((job, pk))) or True)
    monkeypatch.setattr(sweep, "messages_waiting", lambda: len(messages))
    monkeypatch.setattr(sweep, "watch", sweep.ClockWatch())
    return messages


def make_batch(**fields) -> ImportBatch:
    return ImportBatch.objects.create(project=make_project(), format="csv", path="x", **fields)


def age(s: float) -> None:
    """All that waits was made, and announced, this much earlier."""
    ImportBatch.objects.update(created_at=Now() - timedelta(seconds=s))
    ImportBatch.objects.filter(heartbeat_at__isnull=False).update(heartbeat_at=Now() - timedelta(seconds=s))


def test_a_live_job_of_another_machine_is_not_stolen(wrong_clock, broker):
    batch = make_batch()
    attempt = ImportBatch.objects.all().claim(batch.pk)
    ImportBatch.objects.update(worker=THERE)
    assert ImportBatch.objects.all().beat(batch.pk, attempt)
    assert sweep.wake_waiting(ImportBatch.objects.all(), "labeling.run_import") == 0
    assert ImportBatch.objects.get().state == JobState.RUNNING


def test_a_dead_machine_s_job_comes_back_all_the_same(wrong_clock, broker):
    batch = make_batch()
    ImportBatch.objects.all().claim(batch.pk)
    WorkerMachine.objects.create(name="there.00000000", beat_at=database_now() - timedelta(seconds=11))
    ImportBatch.objects.update(worker=THERE, heartbeat_at=Now() - timedelta(seconds=11))
    assert sweep.wake_waiting(ImportBatch.objects.all(), "labeling.run_import") == 1
    assert broker == [("labeling.run_import", batch.pk)]


def test_a_job_takes_no_negative_time(wrong_clock):
    batch = make_batch()
    attempt = ImportBatch.objects.all().claim(batch.pk)
    assert ImportBatch.objects.all().finish(batch.pk, attempt, JobState.DONE)
    batch.refresh_from_db()
    assert batch.created_at <= batch.started_at <= batch.finished_at
    assert (batch.finished_at - batch.created_at).total_seconds() < 600


def test_a_ranking_is_asked_for_once_in_five_minutes_whatever_the_asker_s_clock(wrong_clock):
    project = make_project()
    assert _ask_for_ranking(project.pk)
    assert not _ask_for_ranking(project.pk)
    NextDecision.objects.update(ranking_asked_at=Now() - timedelta(seconds=301))
    assert _ask_for_ranking(project.pk)
    NextDecision.objects.update(ranking_asked_at=Now() + timedelta(hours=2))
    assert _ask_for_ranking(project.pk), "the clock was put back"
    assert Decision._meta.get_field("created_at").has_db_default()


def test_a_hundred_imports_behind_a_long_job_cost_a_message_each(broker):
    batches = [make_batch() for _ in range(100)]
    broker.extend(("labeling.run_import", batch.pk) for batch in batches)  # as the uploads sent them
    for _ in range(120):  # an hour
        age(30)
        assert sweep.wake_waiting(ImportBatch.objects.all(), "labeling.run_import") == 0
    broker.clear()  # the broker lost all of it
    assert sweep.wake_waiting(ImportBatch.objects.all(), "labeling.run_import") == 100
    for _ in range(120):
        age(30)
        sweep.wake_waiting(ImportBatch.objects.all(), "labeling.run_import")
    assert sorted(pk for _, pk in broker) == [batch.pk for batch in batches]


def test_one_lost_message_among_many_is_noticed_when_a_later_job_has_begun(broker):
    lost, later, last = make_batch(), make_batch(), make_batch()
    age(3_600)
    ImportBatch.objects.filter(pk__gt=lost.pk).update(created_at=Now() - timedelta(seconds=1_800))
    broker.append(("labeling.run_import", last.pk))
    rows = ImportBatch.objects.all()
    assert sweep.wake_waiting(rows, "labeling.run_import") == 0
    rows.claim(later.pk)
    assert sweep.wake_waiting(rows, "labeling.run_import") == 1
    assert broker[-1] == ("labeling.run_import", lost.pk)
    assert sweep.wake_waiting(rows, "labeling.run_import") == 0


def test_a_broker_that_is_away_is_sent_nothing(broker, monkeypatch):
    make_batch()
    age(60)
    monkeypatch.setattr(sweep, "messages_waiting", lambda: None)
    assert sweep.wake_waiting(ImportBatch.objects.all(), "labeling.run_import") == 0


def test_a_run_of_a_dead_worker_is_announced_once_and_stays_running(broker):
    project = make_project()
    run = Run.objects.create(project=project, trigger="manual", state="running", attempt=1, worker="")
    Run.objects.create(project=project, trigger="manual")
    assert sweep_runs() == {"runs": 1}
    assert sweep_runs() == {"runs": 0}
    assert broker == [("learning.run_training", run.pk)]
    assert Run.objects.take_over(run.pk) == 2
    assert Run.objects.take_over(run.pk) is None
    Run.objects.update(created_at=Now() - timedelta(hours=1))
    broker.clear()
    assert sweep_runs() == {"runs": 0}, "the queued one waits for the running one"


def test_after_a_pause_of_the_database_every_machine_gets_time_for_its_next_beat(broker, monkeypatch):
    steady = [1_000.0]
    watch = sweep.ClockWatch(lambda: steady[0])
    monkeypatch.setattr(sweep, "watch", watch)
    told = [database_now()]
    monkeypatch.setattr("labeling.services.housekeeping.clock_watch.database_now", lambda: told[0])
    batch = make_batch()
    ImportBatch.objects.all().claim(batch.pk)
    ImportBatch.objects.update(worker=THERE, heartbeat_at=Now() - timedelta(seconds=60))
    watch.look()
    steady[0] += 60
    told[0] += timedelta(seconds=60)
    assert watch.look() == 0
    assert sweep.wake_waiting(ImportBatch.objects.all(), "labeling.run_import") == 0
    for _ in range(5):
        steady[0] += 2.1
        told[0] += timedelta(seconds=2.1)
        watch.look()
    assert sweep.wake_waiting(ImportBatch.objects.all(), "labeling.run_import") == 1
