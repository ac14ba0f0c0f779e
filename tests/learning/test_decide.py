"""When a run is made, and when not."""

import threading

import pytest
from django.db import connection
from kombu.exceptions import OperationalError

from labeling import signals
from labeling.models import AuditEvent, JobState, Progress
from labeling.models.process_name import machine_name
from labeling.services.jobs.attempts import FencedOff
from labeling.services.validation.errors import Invalid
from learning.models import NextDecision, Run, Trigger
from learning.services.pipeline.run import run_training, waiting_after
from learning.services.runs import sweep
from learning.services.runs.control import cancel, request_run
from learning.services.runs.decide import ask_once, data_watermark, decide, note_seen
from tests.learning.people import answer_some, make_text_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(people):
    return make_text_project(people.manager, n_pool=80, n_eval=20, retrain_every=10)


@pytest.fixture
def trained(project, built_once):
    built_once(lambda: run_training(decide(project.pk).pk))
    project.refresh_from_db()
    return project


def test_items_alone_make_a_run_and_without_any_there_is_none(people, project):
    assert decide(project.pk).trigger == Trigger.IMPORT
    empty = make_text_project(people.manager, 0, 0)
    assert decide(empty.pk) is None
    assert decide(empty.pk, Trigger.LABEL_SET) is None
    assert not Run.objects.filter(project=empty).exists()


def test_a_run_for_enough_new_answers_and_not_before(trained, people):
    answer_some(trained, people.annotator, 9)
    assert decide(trained.pk) is None
    answer_some(trained, people.annotator, 1)
    run = decide(trained.pk)
    assert (run.state, run.trigger, run.reason) == ("queued", Trigger.LABELS, "10 new answers")


def test_a_changed_label_set_makes_a_run(trained):
    type(trained).objects.filter(pk=trained.pk).update(labels_version=7)
    assert decide(trained.pk).trigger == Trigger.LABEL_SET


def test_bursts_fall_into_the_queued_run(trained, people):
    answer_some(trained, people.annotator, 30)
    first = decide(trained.pk, Trigger.LABELS)
    assert decide(trained.pk, Trigger.LABELS).pk == first.pk
    assert decide(trained.pk, Trigger.MANUAL, people.manager).pk == first.pk
    run_training(first.pk)
    first.refresh_from_db()
    assert first.annotations_seen == 30
    assert decide(trained.pk) is None


def test_at_most_one_automatic_refusal_stands_in_a_row(trained):
    assert decide(trained.pk, Trigger.IMPORT).state == JobState.SKIPPED
    assert decide(trained.pk, Trigger.IMPORT) is None
    assert Run.objects.filter(state=JobState.SKIPPED).count() == 1


def test_a_person_is_always_told(trained, people):
    for _ in range(2):
        run = decide(trained.pk, Trigger.MANUAL, people.manager)
        assert (run.state, run.reason) == ("skipped", "nothing is new since the last run")
    answer_some(trained, people.annotator, 1)
    assert decide(trained.pk, Trigger.MANUAL, people.manager).state == "queued"


def test_an_archived_project_learns_nothing(project):
    from django.utils import timezone

    type(project).objects.filter(pk=project.pk).update(archived_at=timezone.now())
    assert decide(project.pk) is None


def test_while_one_run_is_running_the_next_waits_and_then_goes_on(trained, people):
    running = request_run_with_answers(trained, people)
    assert Run.objects.claim(running.pk) == 1
    waiting = request_run_with_answers(trained, people)
    assert waiting.pk != running.pk
    assert run_training(waiting.pk)["state"] == "queued"
    assert waiting_after(running.pk) == []
    Run.objects.finish(running.pk, 1, JobState.DONE)
    assert waiting_after(running.pk) == [waiting.pk]
    assert run_training(waiting.pk)["state"] == "done"


def request_run_with_answers(project, people) -> Run:
    answer_some(project, people.annotator, 3)
    return request_run(people.manager, project)


def test_a_cancelled_attempt_stops_at_its_next_word(trained, people):
    run = request_run_with_answers(trained, people)
    from learning.services.runs import steps

    attempt = Run.objects.claim(run.pk)
    log = steps.StepLog(run, attempt)
    with log.step("freeze"):
        pass
    with log.step("features"):
        cancel(people.manager, Run.objects.get(pk=run.pk))
    assert [step["state"] for step in Run.objects.get(pk=run.pk).steps] == ["done", "skipped"]
    with pytest.raises(FencedOff), log.step("fit"):
        raise AssertionError("a cancelled run must not begin a step")


class TestListener:
    def due(self, project, people):
        note_seen(project, 0)
        answer_some(project, people.annotator, 10)

    def test_only_one_answer_of_a_burst_wakes_a_worker(self, project, people):
        self.due(project, people)
        assert [ask_once(project.pk) for _ in range(4)] == [True, False, False, False]

    def test_before_enough_answers_it_reads_once_and_writes_nothing(self, project, people, django_assert_num_queries):
        note_seen(project, 0)
        with django_assert_num_queries(1):
            assert not ask_once(project.pk)

    def test_a_project_nobody_decided_about_yet_is_noticed_too(self, project, people):
        answer_some(project, people.annotator, 10)
        assert ask_once(project.pk)

    def test_a_broker_that_is_down_breaks_no_request_and_the_sweeper_finds_it(
        self, project, people, monkeypatch, django_capture_on_commit_callbacks
    ):
        def away(*args, **kwargs):
            raise OperationalError("no broker")

        monkeypatch.setattr("celery.current_app.send_task", away)
        self.due(project, people)
        with django_capture_on_commit_callbacks(execute=True):
            assert not [
                error for _, error in signals.answer_recorded.send_robust(object, project_id=project.pk) if error
            ]
        assert sweep.due_projects() == [project.pk]
        decide(project.pk)
        assert sweep.due_projects() == []
        assert Run.objects.waiting().get() == Run.objects.get()


def test_a_message_that_comes_again_goes_on_with_the_run_its_worker_left(trained, people):
    run = request_run_with_answers(trained, people)
    Run.objects.claim(run.pk)
    Run.objects.filter(pk=run.pk).update(**data_watermark(trained))
    assert decide(trained.pk, Trigger.LABELS) is None
    Run.objects.filter(pk=run.pk).update(worker=f"{machine_name()}:999999999:1")
    assert decide(trained.pk, Trigger.LABELS).pk == run.pk
    assert run_training(run.pk)["state"] == "done"


def test_an_orphaned_run_is_found_and_taken_over_once(trained, people):
    run = request_run_with_answers(trained, people)
    Run.objects.claim(run.pk)
    assert Run.objects.lost() == []
    Run.objects.filter(pk=run.pk).update(worker=f"{machine_name()}:999999999:1")
    queued = request_run_with_answers(trained, people)
    assert sweep.sweep_runs() == {"runs": 1}
    assert sweep.sweep_runs() == {"runs": 0}, "its message is on the way"
    assert Run.objects.take_over(run.pk) == 2
    assert Run.objects.take_over(run.pk) is None
    queued.refresh_from_db()
    assert queued.state == JobState.QUEUED


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_many_answers_at_once_one_asks(people):
    project = make_text_project(people.manager, n_pool=30, n_eval=5, retrain_every=5)
    NextDecision.objects.create(project=project)
    Progress.objects.filter(project=project).update(annotations=6)
    asked, start = [], threading.Barrier(8)

    def answer() -> None:
        start.wait()
        asked.append(ask_once(project.pk))
        connection.close()

    threads = [threading.Thread(target=answer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(asked) == [False] * 7 + [True]


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_many_decisions_at_once_one_run_is_queued(people):
    project = make_text_project(people.manager, n_pool=30, n_eval=5)
    found, start = [], threading.Barrier(8)

    def ask() -> None:
        start.wait()
        run = decide(project.pk)
        found.append(run.pk if run else None)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert Run.objects.count() == 1


def test_who_asks_for_a_run_and_who_calls_it_off_stand_in_the_trail(trained, people):
    run = request_run_with_answers(trained, people)
    cancel(people.reviewer, run)
    with pytest.raises(Invalid):
        cancel(people.reviewer, run)
    rows = AuditEvent.objects.filter(action__startswith="run.").order_by("pk")
    assert list(rows.values_list("action", "user_name", "subject", "project_number")) == [
        ("run.asked_for", "manager", str(run.public_id), trained.pk),
        ("run.cancelled", "reviewer", str(run.public_id), trained.pk),
    ], "what was refused is no change"
    assert rows[0].after == {"state": "queued", "reason": run.reason}
