"""Who may not see people's names reads none, on no page, in no JSON and no file; pseudonyms are the same everywhere."""

import csv
import io
import re

import pytest
from django.test import Client
from django.utils import timezone

from labeling.models import Action, Permission, Quarantine, Role, Snapshot
from labeling.selectors.names import person_called, pseudonyms
from labeling.services.exports.snapshots import run_snapshot, start_snapshot
from learning.families.pairwise.people import reason_told
from learning.models import Alert, Decision, ModelVersion, PairwiseFinding
from tests.contracts.test_permissions import ADDRESSES, address, things  # noqa: F401  # the fixture
from tests.factories import make_project

pytestmark = pytest.mark.django_db

#: No word of a page contains it.
MARK = "qzx"
PSEUDONYM = re.compile(r"person-[a-z2-7]{8}")


@pytest.fixture
def marked(project, people):
    """Everybody in the project has a name that is found anywhere."""
    for role in Role:
        person = getattr(people, role.value)
        person.username = f"{MARK}{role.value}"
        person.save()
    return people


def text_of(response) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode("utf-8", "replace")


def everything(user):
    """(url name, text) of every address that the user may read."""
    browser = Client()
    browser.force_login(user)
    for name, route, method, _ in ADDRESSES:
        if method == "get":
            yield name, route, browser


@pytest.mark.parametrize("role", ["viewer", "annotator"])
def test_no_address_tells_a_name_to_who_may_not_see_names(role, project, marked, things):  # noqa: F811
    own = getattr(marked, role).username
    things.run.requested_by = marked.manager
    things.run.save()
    for by in (marked.manager, marked.reviewer):
        Decision.objects.create(
            project=project, model_version=things.model, before="candidate", after="champion", reason="r", decided_by=by
        )
    Alert.objects.filter(pk=things.alert.pk).update(resolved_by=marked.manager, resolved_at=timezone.now())
    Snapshot.objects.filter(pk=things.snapshot.pk).update(created_by=marked.manager)
    read, seen = 0, set()
    for name, route, browser in everything(getattr(marked, role)):
        response = browser.get(address(route, name, things))
        text = text_of(response)
        told = set(re.findall(rf"{MARK}\w+", text)) - {own}
        assert not told, f"{name} tells {told}"
        read += response.status_code == 200
        seen.update(PSEUDONYM.findall(text))
    assert read > (35 if role == "viewer" else 10)
    if role == "viewer":
        name_of = pseudonyms(project)
        assert {name_of(f"{MARK}{who}") for who in ("annotator", "manager", "reviewer")} <= seen


def test_the_addresses_do_tell_names_to_who_may_see_them(project, marked, things, monkeypatch):  # noqa: F811
    """The planted fault of the test above: were names for viewers, these addresses would tell them."""
    monkeypatch.setattr(Action.NAMES_READ, "permission", Permission.VIEW)
    Decision.objects.create(
        project=project, model_version=things.model, before="candidate", after="champion", reason="r",
        decided_by=marked.manager,
    )  # fmt: skip
    found = set()
    for name, route, browser in everything(marked.viewer):
        told = set(re.findall(rf"{MARK}\w+", text_of(browser.get(address(route, name, things)))))
        found |= {name} if told - {marked.viewer.username} else set()
    assert found >= {
        "pages:item", "api:annotations", "api:export", "learning-api:model", "learning-pages:model",
        "learning-pages:models",
    }  # fmt: skip


def test_who_may_see_names_reads_them(project, marked, things):  # noqa: F811
    browser = Client()
    browser.force_login(marked.reviewer)
    for path in ("/api/v1/projects/sms/annotations/", "/api/v1/projects/sms/export/", "/p/sms/members/"):
        assert f"{MARK}annotator" in text_of(browser.get(path)), path
    asked = browser.get("/api/v1/projects/sms/export/?names=pseudonyms")
    assert MARK not in text_of(asked)


@pytest.mark.parametrize("file_format", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("rows", ["annotations", "items"])
def test_an_export_of_a_viewer_holds_no_name(rows, file_format, project, marked, things):  # noqa: F811
    browser = Client()
    browser.force_login(marked.viewer)
    path = f"/api/v1/projects/sms/export/?format={file_format}&rows={rows}"
    assert MARK not in text_of(browser.get(path))
    refused = browser.get(f"{path}&names=real")
    assert refused.status_code == 403
    assert "pseudonyms" in refused.json()["detail"]


def test_a_person_has_one_pseudonym_in_a_project_and_another_in_the_next(project, marked, things, api):  # noqa: F811
    other = make_project(manager=marked.manager)
    name_of = pseudonyms(project)
    told = name_of(f"{MARK}annotator")
    assert PSEUDONYM.fullmatch(told)
    assert told == pseudonyms(project)(f"{MARK}annotator")
    assert told != pseudonyms(other)(f"{MARK}annotator")
    assert name_of("") == ""
    assert name_of("a (imported)") == f"{name_of('a')} (imported)"
    rows = csv.DictReader(io.StringIO(text_of(api(marked.viewer).get("/api/v1/projects/sms/export/?format=csv"))))
    assert {row["annotator"] for row in rows} == {told}
    listed = api(marked.viewer).get("/api/v1/projects/sms/annotations/").json()["results"]
    assert {row["annotator"] for row in listed} == {told}


def test_a_name_cannot_be_tried_out_in_a_filter(project, marked, things, api):  # noqa: F811
    viewer, reviewer = api(marked.viewer), api(marked.reviewer)

    def found(client, name):
        return len(client.get("/api/v1/projects/sms/annotations/", {"annotator": name}).json()["results"])

    told = pseudonyms(project)(f"{MARK}annotator")
    assert found(reviewer, f"{MARK}annotator") == 1
    assert found(viewer, f"{MARK}annotator") == 0
    assert found(viewer, told) == 1
    assert person_called(project, told) == ([marked.annotator.pk], [])


def test_a_snapshot_that_names_people_is_for_who_may_see_names(project, marked, things, api):  # noqa: F811
    named = start_snapshot(marked.reviewer, project)
    hidden = start_snapshot(marked.reviewer, project, pseudonyms=True)
    counts = start_snapshot(marked.reviewer, project, rows="items")
    for made in (named, hidden, counts):
        run_snapshot(made.pk)
    viewer = api(marked.viewer)
    refused = viewer.get(f"/api/v1/snapshots/{named.public_id}/file/")
    assert refused.status_code == 403
    assert "pseudonyms" in refused.json()["detail"]
    assert PSEUDONYM.search(text_of(viewer.get(f"/api/v1/snapshots/{hidden.public_id}/file/")))
    assert viewer.get(f"/api/v1/snapshots/{counts.public_id}/file/").status_code == 200
    assert f"{MARK}annotator" in text_of(api(marked.reviewer).get(f"/api/v1/snapshots/{named.public_id}/file/"))
    assert viewer.get(f"/api/v1/snapshots/{hidden.public_id}/").json()["names"] == "pseudonyms"


# pairs


@pytest.fixture
def pairs(people):
    """A pairwise project whose version in use has something to say about people."""
    project = make_project(slug="pairs", kind="pairwise", labels=(), manager=people.manager)
    project.members.create(user=people.viewer, role=Role.VIEWER)
    rate = {"value": 0.9, "low": 0.8, "high": 0.95, "n": 40}
    rows = [[f"{MARK}ann", rate, True], [f"{MARK}bob (imported)", rate, False]]
    copies = f"gives the answers of {MARK}ann in 97% of the pairs both judged"
    found = {
        "left_rate": rate, "left_flagged": False, "left_rates": rows, "flip_rate": rate, "flip_rates": rows,
        "agreement": rate, "ceiling": None, "fast_rates": rows, "n_fast": 3, "used": {},
        "suspects": [[f"{MARK}bob (imported)", copies, 0.97]], "reliability": [[f"{MARK}ann", 0.7, 40]],
    }  # fmt: skip
    version = ModelVersion.objects.create(
        project=project, number=1, trained_on=40, status="champion", report={"pairwise": found}
    )
    context = project.contexts.create(ordinal=0, text="Which is kinder?", split="pool", content_hash="c")
    PairwiseFinding.objects.create(
        model_version=version, context=context, items=2, judgments=40, connected=True, n_cycles=0
    )
    Quarantine.objects.create(project=project, imported_annotator=f"{MARK}bob", reason="a coin", since_change=1)
    return project


def test_rankings_suspects_and_reports_of_pairs_name_nobody_to_a_viewer(pairs, people, api):
    version = ModelVersion.objects.get()
    told = pseudonyms(pairs)(f"{MARK}ann")
    for user, sees in ((people.viewer, False), (people.manager, True)):
        browser = Client()
        browser.force_login(user)
        for path in (
            "/p/pairs/ranking/", "/api/v1/projects/pairs/scores/", f"/api/v1/models/{version.pk}/",
            "/p/pairs/models/1/", "/p/pairs/",
        ):  # fmt: skip
            response = browser.get(path)
            assert response.status_code == 200, path
            text = text_of(response)
            assert sees or MARK not in text, path
            if path != "/p/pairs/" and path != "/p/pairs/models/1/":
                assert (f"{MARK}ann" if sees else told) in text, path


def test_the_ranking_without_a_suspect_is_asked_for_by_pseudonym(pairs, people):
    browser = Client()
    browser.force_login(people.viewer)
    suspect = pseudonyms(pairs)(f"{MARK}bob (imported)")
    assert browser.get("/p/pairs/ranking/", {"without": suspect}).status_code == 200
    assert browser.get("/p/pairs/ranking/", {"without": f"{MARK}bob (imported)"}).status_code == 404


def test_reasons_that_name_somebody_else_are_told_by_pseudonym():
    why = "gives the answers of ann in the garden in 97% of the pairs both judged"
    assert reason_told(why, str.upper) == "gives the answers of ANN IN THE GARDEN in 97% of the pairs both judged"
    assert reason_told("answers left in 97% of 40", str.upper) == "answers left in 97% of 40"
