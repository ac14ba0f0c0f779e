"""A project where choosing teaches nothing asks at random by itself, says so, and is told otherwise by its manager."""

import pytest

from labeling.models import AuditEvent, Item, Reason, Task
from labeling.services.answers.record import record_answer
from labeling.services.serving.next_tasks import next_tasks
from learning.models import ArmComparison, Run
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.learning.people import answer_some, make_text_project, truth

pytestmark = pytest.mark.django_db

SAID = "Chosen questions have taught little here so far: since"


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)


def run(project) -> Run:
    found = decide(project.pk)
    run_training(found.pk)
    found.refresh_from_db()
    project.refresh_from_db()
    return found


def note(found: Run) -> str:
    return next((step["note"] for step in found.steps if step["name"] == "who asks"), "")


def by_chance(item) -> dict[str, str]:
    """Two in five are not what the text says: the model is better than a constant, and sure of nothing."""
    said = truth(item)
    return {"label": "ham" if said["label"] == "spam" else "spam"} if item.ordinal * 7 % 5 < 2 else said


def ask(project, person, answer, n) -> list[Task]:
    asked = []
    for _ in range(n):
        (task,) = next_tasks(person, project)
        record_answer(person, task.pk, answer(task.item), 1000)
        asked.append(task)
    return asked


def label(project, people, answer) -> list[str]:
    """110 answers, 80 of them to what the project asks, a run after each 20 of these."""
    notes = []
    answer_some(project, people.annotator, 30)
    notes.append(note(run(project)))
    for _ in range(4):
        ask(project, people.manager, answer, 20)
        notes.append(note(run(project)))
    return notes


def make_table_project(people, **fields):
    """The same messages as rows of a table of three columns, one of which tells spam from ham."""
    project = make_text_project(people.manager, modality="tabular", **fields)
    rows = list(project.items.all())
    for row in rows:
        spam = truth(row)["label"] == "spam"
        row.data = {
            "links": (3 if spam else 0) + row.ordinal % 3,
            "length": row.ordinal * 37 % 101,
            "hour": row.pk % 24,
        }
    Item.objects.bulk_update(rows, ["data"])
    return project


ASKED = {"n_pool": 260, "n_eval": 0, "eval_share": 0.0, "random_share": 0.0, "learner": "logistic"}


@pytest.fixture
def noisy(people):
    project = make_table_project(people, **ASKED)
    label(project, people, by_chance)
    return project


@pytest.fixture
def fallen(people):
    """A project that fell back some time ago, and 30 answers since."""
    explained = {"value": 0.1, "low": -0.1, "high": 0.25, "n": 70}
    figures = {"answers": 120, "explained": explained, "pays": "unclear", "run": "", "at": ""}
    project = make_text_project(people.manager, n_pool=60, n_eval=0, learner="logistic", fell_back=figures)
    answer_some(project, people.annotator, 30)
    return project


def test_it_falls_back_and_says_so_everywhere_until_the_manager_has_the_model_choose(noisy, people, api, browser_of):
    found = noisy.fell_back
    assert found
    assert found["explained"]["n"] >= 60
    assert found["answers"] <= 150
    # nobody was asked twice, and there are many answers for each direction of three columns
    assert (found["n_twice"], found["explainable"]) == (0, 1.0)
    assert found["per_direction"] > 10
    event = AuditEvent.objects.get(action="project.fell_back")
    assert (event.project_number, event.user_number, event.after["run"]) == (noisy.pk, None, found["run"])
    assert event.after["explained"] == found["explained"]
    decided = Run.objects.get(public_id=found["run"])
    assert note(decided).startswith("every question is drawn at random. The other answers explain")

    # every further question is a random draw with the probability of one
    for task in ask(noisy, people.manager, by_chance, 10):
        assert (task.reason, task.propensity) == (Reason.RANDOM, pytest.approx(1 / task.pool_size))
        assert task.draw is not None

    client, rest = browser_of(people.manager), api(people.manager)
    for address in ("fragments/curve/", "models/"):
        page = client.get(f"/p/{noisy.slug}/{address}").content.decode()
        assert f"{SAID} {found['answers']} answers every question is drawn at random." in page
        assert "Nothing was answered twice: errors of people would look the same." in page
        assert "Choose by the model again" in page
    asking = rest.get(f"/api/v1/projects/{noisy.slug}/metrics/").json()["asking"]
    assert (asking["by"], asking["figures"]) == ("random", found)
    assert "fall_back" in asking["what_to_do"]
    noisy.members.create(user=people.viewer, role="viewer")
    page = browser_of(people.viewer).get(f"/p/{noisy.slug}/fragments/curve/").content.decode()
    assert SAID in page
    assert "Choose by the model again" not in page
    assert browser_of(people.stranger).get(f"/p/{noisy.slug}/fragments/curve/").status_code == 404

    changed = {"settings": {"fall_back": "never"}}
    assert api(people.viewer).patch(f"/api/v1/projects/{noisy.slug}/", changed).status_code == 403
    assert rest.patch(f"/api/v1/projects/{noisy.slug}/", changed).json()["settings"]["fall_back"] == "never"
    asking = rest.get(f"/api/v1/projects/{noisy.slug}/metrics/").json()["asking"]
    assert (asking["by"], asking["figures"]) == ("model", {})
    assert SAID not in client.get(f"/p/{noisy.slug}/fragments/curve/").content.decode()
    undone = AuditEvent.objects.filter(action="project.changed").latest("pk")
    assert (undone.before["fell_back"], undone.after["fell_back"]) == (found, None)
    assert Reason.STRATEGY in {task.reason for task in ask(noisy, people.manager, by_chance, 20)}
    # the same rule finds the same again, and a manager's word counts
    assert "the model chooses, as a manager set it" in note(run(noisy))
    assert noisy.fell_back is None


def test_the_button_of_the_project_page_is_the_same_undo(fallen, people, browser_of):
    client = browser_of(people.manager)
    assert fallen.share_at_random == 1.0
    assert client.post(f"/p/{fallen.slug}/settings/", {"fall_back": "never"}).status_code == 302
    fallen.refresh_from_db()
    assert (fallen.fall_back, fallen.fell_back, fallen.share_at_random) == ("never", None, fallen.random_share)
    said = "The model chooses the questions whatever the figures say: a manager set it so."
    assert said in client.get(f"/p/{fallen.slug}/fragments/curve/").content.decode()


def test_a_gain_of_the_arms_has_the_model_choose_again_by_itself(fallen):
    ArmComparison.objects.create(
        project=fallen, labels=100, metric="accuracy", active={"n": 80}, random={"n": 80},
        difference=0.1, low=0.02, high=0.18,
    )  # fmt: skip
    said = "the model chooses. At equal numbers of labels it was better than random questions."
    assert note(run(fallen)) == said
    assert fallen.fell_back is None
    assert AuditEvent.objects.get(action="project.chooses_again").after["pays"] == "yes"


def test_nothing_new_known_leaves_it_as_it_is(fallen):
    assert note(run(fallen)) == ""
    assert fallen.fell_back["answers"] == 120


def test_another_strategy_is_followed_at_once(fallen, people, api):
    api(people.manager).patch(f"/api/v1/projects/{fallen.slug}/", {"settings": {"strategy": "margin"}})
    fallen.refresh_from_db()
    assert fallen.fell_back is None
    assert note(run(fallen)) == ""
    assert fallen.share_at_random == fallen.random_share


def test_where_answers_can_be_learned_the_model_goes_on_choosing(people):
    project = make_table_project(people, **ASKED)
    notes = label(project, people, truth)
    assert project.fell_back is None
    assert notes[-1].startswith("the model chooses. The other answers explain")
    assert not AuditEvent.objects.filter(action="project.fell_back").exists()
    assert Reason.STRATEGY in {task.reason for task in ask(project, people.manager, truth, 5)}


def test_messages_by_people_who_err_do_not_fall_back(people):
    """They differ in more directions than there are answers: what is unexplained may just be unseen."""
    project = make_text_project(people.manager, **ASKED)
    notes = label(project, people, by_chance)
    assert notes[-1].startswith("the model chooses. The other answers explain")
    assert project.fell_back is None
