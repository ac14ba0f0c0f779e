"""A small model is taught by a large one: judged by its speed and by people's answers alone, and answers in its place.

How long the two take is given here: the machine of a test is busy with others.
"""

import pytest

from labeling.models import Annotation, AuditEvent, Epoch, Item, JobState, KnownAnswer, Source, Split
from labeling.services.jobs.attempts import FencedOff
from labeling.services.validation.errors import Invalid
from learning.core.evaluation.paired import paired_test
from learning.core.evaluation.prediction_cost import Timing
from learning.core.evaluation.student_gate import student_checks
from learning.families.labels import distilling
from learning.models import Decision, Distillation, ModelVersion, Run, Status
from learning.selectors.curve import versions_curve
from learning.services import retention
from learning.services.distillation.ask import ask
from learning.services.distillation.run import run_distillation
from learning.services.registry import model_files, prediction_cost, stand_in
from learning.services.runs.sweep import unranked_projects
from tests.learning.people import answer_some, make_text_project
from tests.learning.predictor import served_in_process
from tests.learning.test_training import trained

pytestmark = pytest.mark.django_db
TEACHER = Timing(1.0, 1.2, 9, 130.0, 9)
FAST, SLOW = Timing(0.05, 0.06, 9, 11.0, 9), Timing(0.05, 0.06, 9, 14.0, 9)
SPAM = {"rows": [{"text": "win a free prize now word4 word7"}, {"text": "see you at lunch word8 word1"}]}


def build(manager):
    project = make_text_project(manager, n_pool=130, n_eval=210, slug="texts")
    answer_some(project, manager, 40)
    answer_some(project, manager, 210, Split.EVAL)
    trained(project)


@pytest.fixture
def teacher(people, built_once, monkeypatch):
    built_once(lambda: build(people.manager))
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)
    return ModelVersion.objects.select_related("project").get()


def taught(teacher, people, monkeypatch, took=FAST) -> Distillation:
    monkeypatch.setattr(prediction_cost, "side_by_side", lambda *_: (took, TEACHER))
    made = ask(people.manager, teacher)
    run_distillation(made.pk)
    return Distillation.objects.select_related("student").get(pk=made.pk)


def test_a_student_that_is_fast_and_as_good_answers_for_its_teacher_which_goes_on_to_rank(
    teacher, people, api, browser_of, monkeypatch
):
    gold = Item.objects.get(project=teacher.project, ordinal=100)
    KnownAnswer.objects.create(project=teacher.project, item=gold, answer={"label": "ham"}, origin="hand")
    seen, teach = [], distilling.teach
    monkeypatch.setattr(distilling, "teach", lambda *args: seen.append(args[1]) or teach(*args))
    epoch = Epoch.objects.filter(project=teacher.project).latest("number")
    done = taught(teacher, people, monkeypatch)
    assert (done.state, done.result["accepted"]) == (JobState.DONE, True), (done.error, done.result)
    student = done.student
    pool = Item.objects.filter(project=teacher.project, split=Split.POOL).exclude(pk=gold.pk).order_by("ordinal")
    rest = pool.filter(answers=0)  # by what people answered it learns what is unlike all it knows
    assert list(seen[0].contents) == list(rest.values_list("text", flat=True)), "neither gold nor what measures"
    assert (student.number, student.status, student.teacher, student.stands_in) == (2, Status.CANDIDATE, teacher, True)
    assert (student.n_eval, student.trained_on, student.verified, student.run) == (210, 89, False, None)
    assert student.encoder.startswith("token-sums:1:")
    assert student.reported.outliers["on_eval"]["value"] <= 0.12, student.reported.outliers["on_eval"]
    (decision,) = Decision.objects.filter(model_version=student)
    assert decision.reason.startswith("Accepted as a student, faster by a row alone 20.0 times (0.05 ms beside 1)")
    assert decision.eval_sha256 == student.eval_sha256, "a use of the eval set"

    # it answers, and nothing else has changed
    served_in_process(monkeypatch)
    answers = api(people.manager).post("/api/v1/projects/texts/predict/?force=1&explain=1", SPAM, format="json").json()
    assert [(each["model"], each["label"]) for each in answers] == [(2, "spam"), (2, "ham")], answers
    assert [one["label"] for one in answers[0]["why"]["nearest"]] == ["spam"] * 3, "found as its teacher finds them"
    assert answers[0]["why"]["evidence"][0]["supports"], answers[0]["why"]
    teacher.refresh_from_db()
    assert (teacher.status, ModelVersion.objects.filter(project=teacher.project).in_use()) == (Status.CHAMPION, teacher)
    assert model_files.serving(teacher.project) == teacher
    assert Epoch.objects.filter(project=teacher.project).latest("number") == epoch
    assert unranked_projects() == []
    assert len(versions_curve(teacher.project)) == 1, "a student learned from no answers"
    assert student not in retention.droppable_models(teacher.project_id)

    tried = browser_of(people.manager).get("/p/texts/predict/").content.decode()
    assert '<option value="2">Model 2, answers for model 1</option>' in tried, "what programs are told is tried first"
    assert tried.count('<option value="2">') == 1
    manager = api(people.manager)
    listed = manager.get("/api/v1/projects/texts/distillations/").json()["results"]
    assert [(each["teacher"], each["student"], each["result"]["times_faster"]) for each in listed] == [
        (1, 2, pytest.approx(130 / 11))
    ]
    told = manager.get(f"/api/v1/models/{student.pk}/").json()
    assert (told["teacher"], told["stands_in"], told["gate"]["status"]) == (1, True, "candidate")
    address = f"/api/v1/models/{student.pk}/stand-in/"
    off = manager.post(address, {"stands_in": False, "reason": "to compare"}, format="json")
    assert (off.status_code, off.json()["stands_in"]) == (200, False)
    assert [version.number for version in model_files.answering(teacher.project)] == [1]
    manager.post(address, {"stands_in": True, "reason": "back"}, format="json")
    assert [version.number for version in model_files.answering(teacher.project)] == [2, 1]
    named = AuditEvent.objects.filter(action__startswith="model.").order_by("pk").values_list("action", flat=True)
    assert list(named)[-4:] == [
        "model.distil_asked_for", "model.stands_in", "model.stands_down", "model.stands_in",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("took", "of_people", "limit_ms", "why"),
    [
        (SLOW, True, 0.0, "faster: a row alone 20.0 times (0.05 ms beside 1), 1,000 rows 9.3 times (14 ms of CPU"),
        (FAST, False, 0.0, "no eval item has been answered by people"),
        (FAST, True, 0.0000001, "Too slow to be used: one row alone takes"),
    ],
    ids=["too slow", "no answer of people", "over the limit"],
)
def test_any_other_student_is_refused_with_the_numbers(teacher, people, monkeypatch, took, of_people, limit_ms, why):
    project = teacher.project
    if not of_people:
        Annotation.objects.filter(project=project, item__split=Split.EVAL).update(source=Source.IMPORT, task=None)
    type(project).objects.filter(pk=project.pk).update(prediction_limit_ms=limit_ms)
    done = taught(teacher, people, monkeypatch, took)
    assert (done.state, done.result["accepted"]) == (JobState.DONE, False), done.error
    assert why in done.result["reason"]
    assert (done.student.status, done.student.stands_in) == (Status.REJECTED, False)
    assert [version.number for version in model_files.answering(project)] == [1]
    with pytest.raises(Invalid, match="was refused"):
        stand_in.switch(people.manager, done.student, True, "all the same")
    assert AuditEvent.objects.filter(action="model.student_refused").count() == 1


def test_a_killed_attempt_is_taken_up_and_ends_with_one_student(teacher, people, monkeypatch):
    """Killed while both are timed: what was registered is made again, under its number."""
    with monkeypatch.context() as patch:
        patch.setattr(prediction_cost, "side_by_side", lambda *_: (_ for _ in ()).throw(FencedOff))
        made = ask(people.manager, teacher)
        with pytest.raises(Invalid, match="is being taught already"):
            ask(people.manager, teacher)
        run_distillation(made.pk)
    made.refresh_from_db()
    assert (made.state, made.student.number, made.student.decisions.count()) == (JobState.RUNNING, 2, 0)
    first = made.student.sha256
    Distillation.objects.let_go(made.worker)
    monkeypatch.setattr(prediction_cost, "side_by_side", lambda *_: (FAST, TEACHER))
    assert run_distillation(made.pk)["state"] == JobState.DONE
    student = ModelVersion.objects.get(teacher=teacher)
    assert (student.number, student.sha256, student.stands_in) == (2, first, True), "the same bytes"
    with pytest.raises(Invalid, match="is a student itself"):
        ask(people.manager, student)
    teacher.project.labels.create(name="eggs", key="eggs", position=9)
    with pytest.raises(Invalid, match="The labels have changed since model 1 was made"):
        ask(people.manager, teacher)
    assert Run.objects.count() == 1


def test_a_point_and_ten_times_are_what_is_asked_for():
    for lost, took, passed in ((3, FAST, [True, True]), (4, FAST, [True, False]), (0, SLOW, [False, True])):
        paired = paired_test([number >= lost for number in range(300)], [True] * 300)
        assert [check.passed for check in student_checks(took, TEACHER, paired)] == passed
