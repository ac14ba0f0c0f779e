"""Reviewing over REST: what waits, deciding, undoing, and the settings."""

import pytest

from labeling.models import AuditEvent
from labeling.selectors.reviewing import believed_instead
from learning.models import SuspectedError
from tests.factories import make_answer, make_items

pytestmark = pytest.mark.django_db
URL = "/api/v1/projects/sms/reviews/"


@pytest.fixture
def item(project, people):
    """Two people disagree about it."""
    project.overlap = 2
    project.save()
    (made,) = make_items(project, ["is it?"])
    make_answer(made, people.annotator, {"label": "ham"})
    make_answer(made, people.viewer, {"label": "spam"})
    return made


def test_an_item_is_taken_decided_and_undone(api, people, item):
    reviewer = api(people.reviewer)
    (entry,) = reviewer.post(f"{URL}next/", {"count": 3}, format="json").json()
    assert (entry["item"], entry["sort"], entry["accepted"], entry["review"]) == (item.pk, "disputed", None, None)
    assert entry["task"]["text"] == "is it?"
    assert [(one["by"], one["words"]) for one in entry["answers"]] == [("annotator", "ham"), ("viewer", "spam")]
    assert api(people.manager).post(f"{URL}next/", {}, format="json").json() == []
    body = {"item": item.pk, "verdict": "change", "answer": {"label": "spam"}}
    busy = api(people.manager).post(URL, body, format="json")
    assert busy.status_code == 409
    assert busy.json()["detail"] == "Another reviewer has this item in front of him just now."
    made = reviewer.post(URL, body, format="json")
    assert made.status_code == 201
    told = made.json()
    assert (told["answer"], told["is_same"], told["reviewer"]) == ({"label": "spam"}, False, "reviewer")
    (listed,) = reviewer.get(URL).json()["results"]
    assert listed == told
    undone = reviewer.post(f"{URL}{told['id']}/undo/").json()
    assert undone["undone_by"] == "reviewer"
    assert reviewer.get("/api/v1/projects/sms/annotations/?source=review").json()["results"][-1]["answer"] is None


def test_many_are_accepted_at_once_and_undone(api, people, project, item):
    agreed, held = (make_items(project, [split], split=split)[0] for split in ("pool", "eval"))
    for one in (agreed, held):
        make_answer(one, people.annotator, {"label": "ham"})
    reviewer, body = api(people.reviewer), {"items": [held.pk, item.pk, agreed.pk]}
    looked = reviewer.post(f"{URL}bulk/", {**body, "preview": True}, format="json")
    told = looked.json()
    assert (looked.status_code, told["batch"], told["accepted"], told["answers"]) == (200, "", [agreed.pk], {"ham": 1})
    assert [(one["item"], one["reason"]) for one in told["left_out"]] == [(item.pk, "undecided"), (held.pk, "held_out")]
    body |= {"last_annotation": told["last_annotation"], "batch": "monday"}
    made = reviewer.post(f"{URL}bulk/", body, format="json")
    assert (made.status_code, made.json()["batch"]) == (201, "monday")
    assert reviewer.post(f"{URL}bulk/", body, format="json").json()["accepted"] == [agreed.pk]
    assert [one["batch"] for one in reviewer.get(URL).json()["results"]] == ["monday"]
    undone = reviewer.post(f"{URL}bulk/undo/", {"batch": "monday"}, format="json").json()
    assert undone == {"batch": "monday", "items": [agreed.pk], "left_out": []}
    for path, wrong, field in (("bulk/", {"items": []}, "items"), ("bulk/undo/", {"batch": "tuesday"}, "batch")):
        response = reviewer.post(URL + path, wrong, format="json")
        assert (response.status_code, list(response.json())) == (400, [field])


def test_what_is_wrong_is_named(api, people, item):
    reviewer = api(people.reviewer)
    for body, field in (
        ({"item": item.pk, "verdict": "change", "answer": {"label": "egg"}}, "label"),
        ({"item": item.pk, "verdict": "change"}, "answer"),
        ({"item": item.pk, "verdict": "send_back", "comment": "?"}, "author"),
        ({"item": item.pk, "verdict": "accept"}, "verdict"),
        ({"item": item.pk, "verdict": "accept", "why": "so"}, "why"),
    ):
        response = reviewer.post(URL, body, format="json")
        assert (response.status_code, list(response.json())) == (400, [field])
    assert reviewer.post(URL, {"item": 2**62, "verdict": "accept"}, format="json").status_code == 404
    assert reviewer.post(f"{URL}{2**62}/undo/").status_code == 404


def test_how_much_waits_and_the_settings(api, people, item):
    told = api(people.reviewer).get(f"{URL}standing/").json()
    assert (told["waiting"]["disputed"], told["random_share"], told["unsuspected_errors"]) == (1, 0.05, None)
    assert api(people.reviewer).patch(f"{URL}standing/", {"random_share": 0.5}, format="json").status_code == 403
    changed = api(people.manager).patch(f"{URL}standing/", {"sorts": ["random"]}, format="json").json()
    assert (changed["sorts"], changed["waiting"]["disputed"]) == (["returned", "random"], 0)
    assert AuditEvent.objects.get(action="review.changed").after == {"sorts": ["returned", "random"]}
    assert api(people.manager).patch(f"{URL}standing/", {"random_share": 3}, format="json").status_code == 400


def test_what_models_believe_is_told_apart(api, people, project, item):
    SuspectedError.objects.create(
        project=project, item=item, belief=0.125, said=["ham"], doubted="spam", answers_seen=10**6
    )
    assert "spam" not in str(api(people.reviewer).post(f"{URL}next/", {}, format="json").json()[0]["why"])
    told = api(people.reviewer).get(f"{URL}believed/{item.pk}/").json()
    assert told == {"words": "spam: the answer is believed by 0.12"}
    assert believed_instead(project, item.pk + 1) == ""
