"""The scheme over REST: seen before it is done, done by a manager, told as versions."""

import pytest

from labeling.models import KnownAnswer, MachineVersion, Prediction, SchemeChange, Suggestion
from labeling.services.projects.label_set import set_labels
from labeling.services.projects.manage import update_project
from labeling.services.projects.renames import rename_label
from labeling.services.review.decide import decide as review
from labeling.services.scheme.merge import merge_labels
from tests.api.everything import address, endpoints, one_of_everything
from tests.factories import make_answer, make_items

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(project, people, api):
    for item, label in zip(make_items(project, ["a", "b"]), ("ham", "spam"), strict=True):
        make_answer(item, people.annotator, {"label": label})

    def post(what, who=people.manager, **given):
        return api(who).post(f"/api/v1/projects/{project.slug}/labels/{what}/", given, format="json")

    return post


def test_a_preview_says_what_would_be_and_changes_nothing(ask, project):
    seen = ask("merge", names=["ham", "spam"], into="mail", preview=True)
    assert (seen.status_code, seen.data) == (200, {
        "version": 1, "preview": True, "words": "“ham”, “spam” merged into “mail”.", "steps": [],
        "labels": ["mail"],
        "answers_read_anew": 2, "items_asked_again": 0, "items_counting_again": 0,
    })  # fmt: skip
    split = ask("split", name="spam", parts=["phishing", "adverts"], preview=True).data
    assert (split["answers_read_anew"], split["items_asked_again"]) == (0, 1)
    assert split["labels"] == ["ham", "phishing", "adverts"]
    assert not SchemeChange.objects.exists()
    assert sorted(project.labels.names()) == ["ham", "spam"]
    assert ask("undo", preview=True).data == {"version": ["Nothing was changed yet."]}


def test_what_was_done_is_told_as_versions_with_their_labels(ask, project, people, api):
    assert ask("split", name="spam", parts=["phishing", "spam"], reason="two sorts", version=1).data["version"] == 2
    assert ask("describe", name="phishing", description="wants a password", examples=["log in"]).data["version"] == 3
    assert ask("merge", names=["ham"], into="phishing").data["labels"] == ["phishing", "spam"]
    assert ask("undo", reason="no").data["words"] == "Undone: “ham”, “phishing” merged into “phishing”."
    assert ask("retire", name="ham").data["version"] == 6
    assert ask("merge", names=["ham"], into="x", version=5).status_code == 400
    back = ask("undo", to=2, preview=True).data
    assert (back["words"], back["steps"][0]) == ("Back to version 2: 4 changes undone.", "“ham” retired.")
    assert (len(back["steps"]), back["labels"]) == (4, ["ham", "phishing", "spam"])
    assert list(ask("undo", to=6).data) == ["to"]
    client, url = api(people.annotator), f"/api/v1/projects/{project.slug}/labels/scheme/"
    rows = client.get(url).json()["results"]
    assert [(row["version"], row["operation"], row["undoes"], row["restores"]) for row in rows] == [
        (6, "retire", None, None), (5, "undo", 4, 3), (4, "merge", None, None), (3, "describe", None, None),
        (2, "split", None, None), (1, "start", None, None),
    ]  # fmt: skip
    assert rows[4]["reason"] == "two sorts"
    third = client.get(f"{url}3/").data
    assert [(row["name"], row["examples"], row["is_split"]) for row in third["labels"]] == [
        ("ham", [], False), ("spam (until version 1)", [], True), ("phishing", ["log in"], False), ("spam", [], False),
    ]  # fmt: skip
    assert client.get(f"{url}7/").status_code == 404
    assert client.get(f"{url}{2**40}/").status_code == 404


def test_the_first_version_can_be_read_before_there_is_a_second(project, people, api):
    url = f"/api/v1/projects/{project.slug}/labels/scheme/"
    client = api(people.annotator)
    assert client.get(url).json()["results"] == []
    first = client.get(f"{url}1/").data
    assert (first["operation"], [row["name"] for row in first["labels"]]) == ("start", ["ham", "spam"])


@pytest.mark.parametrize(("what", "given", "field"), [
    ("merge", {"names": ["ham"], "into": "ham"}, "names"),
    ("merge", {"names": ["ham"]}, "into"),
    ("merge", {"names": ["ham", "spam"], "into": "x", "verson": 1}, "verson"),
    ("split", {"name": "ham", "parts": ["x"]}, "parts"),
    ("retire", {"name": "nobody"}, "name"),
    ("describe", {"name": "ham", "examples": ["x"] * 11}, "examples"),
    ("undo", {}, "version"),
])  # fmt: skip
@pytest.mark.parametrize("preview", [True, False])
def test_a_refusal_names_the_field(ask, what, given, field, preview):
    refused = ask(what, **given, preview=preview)
    assert (refused.status_code, list(refused.data)) == (400, [field])


def test_only_a_manager_changes_the_scheme(ask, people):
    for who, status in ((people.reviewer, 403), (people.annotator, 403), (people.stranger, 404)):
        for what in ("merge", "split", "retire", "describe", "undo"):
            assert ask(what, who).status_code == status


#: What tells labels as they were called once: the trail, versions of the scheme, snapshots; and what tells none.
LEFT_OUT = ("/audit/", "/labels/scheme/", "/snapshots/", "/schema/", "/docs/")
#: Whose body has an answer of this project in it.
TELL_ANSWERS = {
    "annotations/", "gold/", "items/facets/", "machines/", "machines/{machine}/", "metrics/", "people/", "predictions/",
    "reviews/", "export/",
    *(f"export/?format=jsonl&rows={rows}" for rows in ("annotations", "items", "predictions")),
}  # fmt: skip


def test_no_address_tells_an_answer_by_what_its_label_was_called(project, people, api):
    """Whatever reads stored answers, by SQL or not, reads them by the labels of now (decision 0089): of everything that
    knows an answer here (people, gold, a machine, its suggestion, a reviewer, repeats) no body has a name of before."""
    set_labels(project, ["ham", "zq-renamed", "zq-one", "zq-two"])
    rows = one_of_everything(project, people.manager)
    project.overlap = 2
    items = make_items(project, [f"text {n}" for n in range(8)])
    said = [{"label": name} for name in ("zq-renamed", "zq-one", "zq-two", "ham")] * 2
    for item, answer, other in zip(items, said, said[1:] + said[:1], strict=True):
        tasks = [make_answer(item, people.annotator, answer).task, make_answer(item, people.viewer, other).task]
        KnownAnswer.objects.create(project=project, item=item, answer=other, origin="hand")
        version = MachineVersion.objects.get()
        Prediction.objects.create(
            project=project, version=version, item=item, answer=other, probabilities={other["label"]: 1.0}
        )
        Suggestion.objects.create(project=project, task=tasks[0], version=version, answer=other, shown=not item.pk % 4)
    review(people.reviewer, project, items[0].pk, "change", answer={"label": "zq-two"})
    rename_label(people.manager, project, "zq-renamed", "bad")
    merge_labels(people.manager, project, ["zq-one", "zq-two"], "worse")
    update_project(people.manager, project, settings={"suggestions_from": "judge"})
    read = [one for one in endpoints() if one.method == "GET" and not any(part in one.path for part in LEFT_OUT)]
    addresses = [address(endpoint, project, rows | {"items": items[0], "gold": items[0]}) for endpoint in read]
    here = f"/api/v1/projects/{project.slug}/"
    addresses += [f"{here}{name}" for name in sorted(TELL_ANSWERS) if "?" in name]
    bodies = {path.removeprefix(here): b"".join(api(people.manager).get(path)) for path in addresses}
    assert [path for path, body in bodies.items() if b"zq-" in body] == []
    told = {path for path, body in bodies.items() if b"worse" in body}
    there = {path.format(machine=version.machine_id) for path in TELL_ANSWERS}
    assert told == there | {"", "/api/v1/projects/"}, "the project's own page lists its labels"
