"""People by a csv file: looked at first, then those with an account are added and the others get a link each."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from labeling.models import Invitation, Member
from labeling.services.members.invitations import join_with_new_account
from labeling.services.members.roster import carry_out, plan_roster, read_roster
from labeling.services.validation.errors import Invalid
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

FILE = """username,email,role
stranger,,reviewer
nora,nora@example.org,
viewer,,manager
no spaces,,
otto,nowhere,
STRANGER,,
pia,,king
nora,,
,,annotator
"""
WHAT = ["add", "invite", "member", "refused", "refused", "refused", "refused", "refused", "refused"]


def test_each_row_says_what_becomes_of_it_and_a_bad_one_holds_nobody_up(project, people):
    rows = read_roster(FILE)
    planned = plan_roster(project, rows)
    assert ([row.what for row in planned], [row.row for row in planned]) == (WHAT, list(range(1, 10)))
    reasons = [row.reason for row in planned if row.what == "refused"]
    for reason, says in zip(
        reasons,
        ("valid username", "valid email", "stands above", "role is one of", "stands above", "1 to 150"),
        strict=True,
    ):
        assert says in reason
    assert (Member.objects.filter(user=people.stranger).count(), Invitation.objects.count()) == (0, 0)
    done = carry_out(people.manager, project, rows)
    assert [row.what for row in done] == WHAT
    assert Member.objects.get(user=people.stranger).role == "reviewer"
    assert Member.objects.get(user=people.viewer).role == "viewer", "who is in keeps the role"
    made = Invitation.objects.get()
    assert (made.username, made.email, made.max_uses, made.role) == ("nora", "nora@example.org", 1, "annotator")
    key = done[1].path.partition("key=")[2]
    assert join_with_new_account(key, username="", password="seven wooden boats").user.email == "nora@example.org"


def test_done_again_it_changes_nothing_but_the_link_of_who_has_not_come(project, people):
    rows = read_roster("username\nstranger\nnora\n")
    first = carry_out(people.manager, project, rows)
    again = carry_out(people.manager, project, rows)
    assert [row.what for row in again] == ["member", "invite"]
    assert first[1].path != again[1].path
    assert [row.state for row in Invitation.objects.order_by("pk")] == ["revoked", "open"]


@pytest.mark.parametrize("text", ["", "name\nx", "username,username\nx,y", "username,age\nx,3", "username\n"])
def test_what_is_no_such_file_is_refused_in_words(text):
    with pytest.raises(Invalid) as refused:
        read_roster(text)
    assert refused.value.field == "file"


def test_a_spreadsheets_file_is_read(db):
    assert read_roster("\ufeffUsername; Role\r\nnora;viewer\r\n") == [{"username": "nora", "role": "viewer"}]


def test_an_account_of_other_capitals_or_that_is_off_is_named(project, people):
    UserFactory(username="Ida")
    people.stranger.is_active = False
    people.stranger.save()
    planned = plan_roster(project, [{"username": "ida"}, {"username": "stranger"}])
    assert ["Ida" in planned[0].reason, "off" in planned[1].reason] == [True, True]


def test_on_the_page_it_is_shown_before_it_is_done(project, people, browser_of):
    browser, address = browser_of(people.manager), f"/p/{project.slug}/members/file/"
    page = browser.post(address, {"file": SimpleUploadedFile("people.csv", FILE.encode())})
    assert (page.context["to_do"], page.context["refused"], Invitation.objects.count()) == (2, 6, 0)
    done = browser.post(address, {"text": page.context["text"], "do": "1"}).content.decode()
    assert done.count("http://testserver/join/?key=") == 2, "in its row, and in the field to copy all from"
    assert browser.post(address, {"file": SimpleUploadedFile("people.csv", b"\xff\xfe")}).status_code == 400


def test_the_members_as_a_file_can_be_read_in_again(project, people, browser_of):
    UserFactory(username="=cmd")
    carry_out(people.manager, project, [{"username": "stranger"}])
    text = browser_of(people.manager).get(f"/p/{project.slug}/members/members.csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["username"]: row["role"] for row in rows}["stranger"] == "annotator"
    assert len(rows) == Member.objects.count()


def test_over_rest_the_same(project, people, api):
    client, address = api(people.manager), f"/api/v1/projects/{project.slug}/roster/"
    rows = [{"username": "nora", "role": "viewer"}, {"username": "stranger"}, {"username": ""}]
    shown = client.post(address, {"rows": rows, "preview": True}, format="json").json()
    assert [(row["row"], row["what"], row["link"]) for row in shown] == [
        (1, "invite", None), (2, "add", None), (3, "refused", None),
    ]  # fmt: skip
    done = client.post(address, {"rows": rows}, format="json").json()
    assert "/join/?key=" in done[0]["link"]
    assert api(people.reviewer).post(address, {"rows": rows}, format="json").status_code == 403
