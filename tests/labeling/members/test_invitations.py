"""A link brings people into a project: of one role, for a while, so many, until it is revoked."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from labeling.models import AttemptLimit, AuditEvent, Invitation, Member, Project, Role, User
from labeling.pages.join import TRIES
from labeling.services.members.invitations import InvitationRefused, invite, join, join_with_new_account, path_to_join
from labeling.services.validation.errors import Invalid
from tests.factories import UserFactory, make_items

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

NEW = {"username": "nora", "password": "seven wooden boats", "email": ""}


@pytest.fixture
def key(project, people) -> str:
    return invite(people.manager, project, "annotator", max_uses=2, note="Nora")[1]


def opened(key: str) -> Client:
    """A fresh browser with the link open."""
    browser = Client()
    answer = browser.get(path_to_join(key))
    assert (answer.status_code, answer.get("Location")) == (302, "/join/"), "the key leaves the address"
    return browser


def words(answer) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", answer.content.decode())


def test_who_opens_the_link_makes_an_account_and_gets_the_first_question(project, key):
    make_items(project, ["hello"])
    browser = opened(key)
    assert "manager invites you" in re.sub(" +", " ", words(browser.get("/join/")))
    assert browser.post("/join/", NEW).get("Location") == f"/p/{project.slug}/annotate/"
    page = browser.get(f"/p/{project.slug}/annotate/")
    assert page.context["boot"]["tasks"][0]["item"]["text"] == "hello"
    member = Member.objects.get(user__username="nora")
    assert (member.role, Invitation.objects.get().uses) == (Role.ANNOTATOR, 1)


def test_who_has_an_account_signs_in_and_joins_with_it(project, key, people):
    browser = opened(key)
    signed_in = browser.post("/sign-in/?next=/join/", {"username": "stranger", "password": "correct horse battery"})
    assert signed_in.get("Location") == "/join/"
    assert "Join as stranger" in words(browser.get("/join/"))
    assert browser.post("/join/", {"what": "join"}).get("Location") == f"/p/{project.slug}/annotate/"
    assert Member.objects.get(user=people.stranger).role == Role.ANNOTATOR


def test_somebody_else_at_the_same_browser_can_use_another_account(key, people, browser_of):
    browser = browser_of(people.stranger)
    browser.get(path_to_join(key))
    browser.post("/join/", {"what": "leave"})
    assert "Make an account and begin" in words(browser.get("/join/"))
    assert not Member.objects.filter(user=people.stranger).exists()


def test_a_viewer_lands_on_the_project(project, people):
    _, key = invite(people.manager, project, "viewer")
    assert opened(key).post("/join/", NEW).get("Location") == f"/p/{project.slug}/"


def test_who_is_in_already_keeps_the_role_and_is_led_on(project, people, browser_of, key):
    browser = browser_of(people.viewer)
    answer = browser.get(path_to_join(key))
    assert (answer.status_code, "viewer of" in words(answer)) == (200, True)
    with pytest.raises(InvitationRefused, match="member"):
        join(key, people.viewer)
    assert (Member.objects.get(user=people.viewer).role, Invitation.objects.get().uses) == ("viewer", 0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "was good until"),
        ({"uses": 2}, "was used as often as it may be"),
        ({"revoked_at": timezone.now()}, "was revoked"),
    ],
)
def test_a_link_that_is_over_says_why_and_what_to_do(key, people, change, says):
    browser = opened(key)
    Invitation.objects.update(**change)
    for answer in (browser.get("/join/"), opened_again(key), with_form_open(key, change)):
        assert answer.status_code == 410
        assert says in words(answer)
        assert "manager" in words(answer), "whom to ask"
    assert not User.objects.filter(username="nora").exists()
    with pytest.raises(InvitationRefused):
        join(key, people.stranger)


def opened_again(key):
    return Client().get(path_to_join(key))


def with_form_open(key, change):
    """It went between the page and the button."""
    before = dict(Invitation.objects.values(*change).get())
    Invitation.objects.update(expires_at=timezone.now() + timedelta(days=1), uses=0, revoked_at=None)
    browser = opened(key)
    Invitation.objects.update(**before)
    return browser.post("/join/", NEW)


def test_of_an_archived_project_it_says_so(project, key):
    Project.objects.update(archived_at=timezone.now())
    assert "is archived" in words(opened_again(key))


def test_a_deleted_project_is_not_known_any_more(project, key):
    Project.objects.update(deleted_at=timezone.now(), archived_at=timezone.now())
    assert opened_again(key).status_code == 410


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"username": "VIEWER"}, "username"),
        ({"username": "no spaces please"}, "username"),
        ({"username": ""}, "username"),
        ({"password": "short"}, "password"),
        ({"password": "norasnorasnoras"}, "password"),
        ({"email": "nowhere"}, "email"),
    ],
)
def test_an_account_that_could_not_be_is_refused_beside_its_field(key, given, field):
    answer = opened(key).post("/join/", {**NEW, **given})
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert Invitation.objects.get().uses == 0


def test_a_link_for_one_name_makes_that_account_and_no_other(project, people):
    _, key = invite(people.manager, project, "annotator", username="otto", email="otto@example.org")
    opened(key).post("/join/", {**NEW, "username": "root", "email": "evil@example.org"})
    made = Member.objects.get(user__username="otto").user
    assert made.email == "otto@example.org"


def test_neither_keys_nor_names_can_be_found_by_trying(key):
    browser = opened(key)
    for _ in range(TRIES.burst):
        assert Client().get(path_to_join("x" * 43)).status_code == 410
    for answer in (Client().get(path_to_join(key)), browser.post("/join/", NEW)):
        assert (answer.status_code, int(answer["Retry-After"]) <= TRIES.interval_s) == (429, True)
    AttemptLimit.objects.all().delete()
    assert browser.post("/join/", NEW).status_code == 302


def test_a_whole_class_behind_one_address_comes_in(project, people):
    _, key = invite(people.manager, project, "annotator", max_uses=50)
    for number in range(TRIES.burst + 5):
        assert opened(key).post("/join/", {**NEW, "username": f"pupil{number}"}).status_code == 302


def test_the_key_is_kept_as_a_hash_and_stands_in_no_page_of_later(project, people, browser_of):
    browser = browser_of(people.manager)
    given = {"role": "annotator", "expires_in_days": "7", "max_uses": "3", "note": "the new ones"}
    made = browser.post(f"/p/{project.slug}/members/invitations/new/", given)
    key = re.search(r"key=([\w-]{43})<", made.content.decode())[1]
    assert (made.status_code, made["Cache-Control"].count("no-store")) == (200, 1)
    later = browser.get(f"/p/{project.slug}/members/").content.decode()
    assert "the new ones" in later
    row = Invitation.objects.get()
    assert key not in later + str(vars(row)) + str(list(AuditEvent.objects.values()))
    assert opened(key)


def test_a_manager_revokes_it_and_the_trail_tells_all(project, people, browser_of, key):
    opened(key).post("/join/", NEW)
    pk = Invitation.objects.get().pk
    for _ in range(2):
        browser_of(people.manager).post(f"/p/{project.slug}/members/invitations/{pk}/revoke/")
    assert opened_again(key).status_code == 410
    assert Member.objects.filter(user__username="nora").exists()
    trail = AuditEvent.objects.filter(project_slug=project.slug).order_by("pk").values_list("action", "user_name")
    assert list(trail) == [
        ("invitation.made", "manager"), ("invitation.used", "nora"), ("member.added", "nora"),
        ("invitation.revoked", "manager"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("role", {"role": "king"}), ("max_uses", {"max_uses": 0}), ("max_uses", {"max_uses": 501}),
        ("max_uses", {"role": "manager", "max_uses": 2}), ("expires_in_days", {"expires_in_days": 366}),
        ("note", {"note": "x" * 201}),
    ],
)  # fmt: skip
def test_a_link_that_makes_no_sense_is_refused_by_field(project, people, api, field, given):
    client = api(people.manager)
    answer = client.post(f"/api/v1/projects/{project.slug}/invitations/", given, format="json")
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_the_database_keeps_the_bounds_itself(project, key):
    for broken in ({"uses": 3}, {"max_uses": 0}, {"role": "king"}, {"role": "manager"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Invitation.objects.update(**broken)


def test_over_rest_it_is_made_listed_and_revoked(project, people, api):
    client, address = api(people.manager), f"/api/v1/projects/{project.slug}/invitations/"
    made = client.post(address, {"note": "Nora"}, format="json")
    assert (made.status_code, made.json()["state"], made.json()["max_uses"]) == (201, "open", 1)
    key = made.json()["link"].partition("key=")[2]
    (listed,) = client.get(address).json()["results"]
    assert "link" not in listed
    assert listed == {name: value for name, value in made.json().items() if name != "link"}
    join_with_new_account(key, username="nora", password=NEW["password"])
    revoked = client.post(f"/api/v1/invitations/{listed['id']}/revoke/")
    assert (revoked.json()["state"], revoked.json()["uses"]) == ("revoked", 1)
    with pytest.raises(InvitationRefused, match="revoked"):
        join(key, UserFactory())


def test_an_archived_project_invites_nobody(project, people):
    project.archived_at = timezone.now()
    with pytest.raises(Invalid, match="archived"):
        invite(people.manager, project, "annotator")
