"""Every page against every role. A page that is not in the table fails."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone

from labeling.models import ApiToken, BulkStep, ImportBatch, ImportDraft, Invitation, Member, Permission, Quarantine
from labeling.models.permission import ALLOWED, Role
from labeling.services.machines.manage import add_machine
from tests.factories import make_answer, make_items

OPEN = "everybody"
SIGNED_IN = "whoever has signed in"


@dataclass(frozen=True)
class Page:
    """``needs`` is a permission in the project, or one of the two words above; ``ok`` what those who may get."""

    needs: Any
    method: str = "get"
    ok: int = 200
    data: dict[str, Any] = field(default_factory=dict)


PAGES = {
    "sign-in": Page(OPEN),
    "join": Page(OPEN),
    "reset": Page(OPEN),
    "sign-out": Page(OPEN, "post", 302),
    "help": Page(OPEN),
    "projects": Page(SIGNED_IN),
    "preview": Page(SIGNED_IN, "post", 200, {"instructions": "*a*"}),
    "password": Page(SIGNED_IN),
    "tokens": Page(SIGNED_IN),
    "tokens-revoke-all": Page(SIGNED_IN, "post", 302),
    "token-revoke": Page(SIGNED_IN, "post", 404),  # somebody else's
    "project-new": Page(SIGNED_IN, "get", 403),  # needs an account's permission, see test_project_new
    "audit": Page(SIGNED_IN, "get", 403),  # for administrators
    "project": Page(Permission.ENTER),
    "annotate": Page(Permission.LABEL),
    "practice-start": Page(Permission.LABEL, "post", 302),
    "play": Page(Permission.ENTER),  # a part of the project's page; to begin or to stop is for managers
    "agreement": Page(Permission.VIEW),
    "items": Page(Permission.VIEW),
    "item": Page(Permission.VIEW),
    "items-bulk": Page(Permission.REVIEW, "post", 302),  # what only managers do is refused by the service
    "items-bulk-undo": Page(Permission.REVIEW, "post", 302),
    "items-bulk-told": Page(Permission.REVIEW),
    "item-comment": Page(Permission.REVIEW, "post", 302),
    "item-comments-resolve": Page(Permission.REVIEW, "post", 302),
    "item-reply": Page(Permission.REVIEW, "post", 302),  # and for whose answer was sent back
    "item-gold": Page(Permission.REVIEW, "post", 302),
    "item-gold-remove": Page(Permission.REVIEW, "post", 302),
    "gold": Page(Permission.REVIEW),
    "review": Page(Permission.REVIEW),
    "review-list": Page(Permission.REVIEW),
    "item-ask-again": Page(Permission.REVIEW, "post", 302),
    "item-restore": Page(Permission.REVIEW, "post", 302),
    "item-set-aside": Page(Permission.REVIEW, "post", 302),
    "export": Page(Permission.VIEW),
    "snapshots": Page(Permission.VIEW),
    "snapshot-new": Page(Permission.REVIEW, "post", 302),
    "machines": Page(Permission.REVIEW),
    "machine": Page(Permission.REVIEW),
    "machine-token": Page(Permission.MANAGE, "post", 200),  # shows the key
    "machine-end": Page(Permission.MANAGE, "post", 302),
    "members": Page(Permission.REVIEW),
    "member-practice": Page(Permission.MANAGE, "post", 302),
    "member-gold": Page(Permission.MANAGE, "post", 302),
    "people": Page(Permission.MANAGE),
    "own-work": Page(Permission.ENTER),
    "member": Page(Permission.MANAGE),
    "roster": Page(Permission.MANAGE),
    "members-file": Page(Permission.MANAGE),
    "member-reset-link": Page(Permission.MANAGE, "post", 200),
    "member-pause": Page(Permission.MANAGE, "post", 302),
    "member-resume": Page(Permission.MANAGE, "post", 302),
    "member-add": Page(Permission.MANAGE, "post", 400),  # with an empty form
    "member-role": Page(Permission.MANAGE, "post", 302, {"role": "viewer"}),
    "member-remove": Page(Permission.MANAGE, "post", 302),
    "invitation-new": Page(Permission.MANAGE, "post", 400),  # with an empty form
    "invitation-revoke": Page(Permission.MANAGE, "post", 302),
    "quarantine-set": Page(Permission.MANAGE, "post", 302),
    "quarantine-lift": Page(Permission.MANAGE, "post", 302),
    "imports": Page(Permission.MANAGE),
    "import": Page(Permission.MANAGE),
    "import-draft": Page(Permission.MANAGE),
    "import-rejections": Page(Permission.MANAGE),
    "settings": Page(Permission.MANAGE),
    "labels": Page(Permission.MANAGE),
    "project-audit": Page(Permission.MANAGE),
    "storage": Page(Permission.MANAGE),
    "room": Page(SIGNED_IN, "get", 403),  # for administrators
}
#: pages that answer programs and refuse in their own way; tested beside the annotation page
ELSEWHERE = {"annotate-state"}
#: what is done as a member: whoever administers the installation is none of himself
OF_MEMBERS = {"practice-start"}
ROLES = [*Role.values, "superuser", "stranger", "anonymous"]


@pytest.fixture
def address(project, people):
    """``address(name)`` of a page that shows something of the project."""
    item = make_items(project, ["one"])[0]
    batch = ImportBatch.objects.create(project=project, format="csv", path="", public_id=uuid.uuid4())
    upload = default_storage.save("uploads/x", ContentFile(b"text\nhello\n"))
    token, _ = ApiToken.issue(people.manager, "mine")
    viewer = Member.objects.get(project=project, user=people.viewer)
    quarantine = Quarantine.objects.create(project=project, annotator=people.annotator, reason="a coin", since_change=1)
    invitation, _ = Invitation.issue(project=project, role="annotator", expires_at=timezone.now())
    rows = {
        "invitation": invitation.pk,
        "machine": add_machine(people.manager, project, name="judge", version="1")[0].pk,
        "quarantine": quarantine.pk,
        "item": item.pk,
        "import": batch.public_id,
        "items-bulk-undo": BulkStep.objects.create(
            project=project, created_by=people.manager, do="label", answer={"label": "ham"}, chosen=BulkStep.packed(0)
        ).public_id,
        "import-draft": ImportDraft.objects.create(project=project, format="csv", path=upload).public_id,
        "member": viewer.pk,
        "token": token.pk,
    }

    def with_arguments(name: str) -> str:
        for arguments in ({}, {"slug": project.slug}):
            for extra in ({}, {"pk": rows.get(name.partition("-")[0])}, {"public_id": rows.get(name, rows["import"])}):
                try:
                    return reverse(f"pages:{name}", kwargs={**arguments, **extra})
                except NoReverseMatch:
                    continue
        raise AssertionError(f"no address for {name}")

    return with_arguments


def names_of_pages() -> set[str]:
    resolver = get_resolver()
    _, pages = resolver.namespace_dict["pages"]
    return {name for name in pages.reverse_dict if isinstance(name, str)}


def test_every_page_is_in_the_table():
    assert names_of_pages() - ELSEWHERE == set(PAGES)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_page_for_every_role(name, address, people):
    """Everybody meets the same rows: what one does is undone before the next comes."""
    page, url = PAGES[name], address(name)
    for role in ROLES:
        client = Client()
        with transaction.atomic():
            if role != "anonymous":
                client.force_login(getattr(people, role))
            response = getattr(client, page.method)(url, page.data)
            assert response.status_code == expected(name, page, role), (role, response.status_code)
            if role == "anonymous" and page.needs != OPEN:
                assert response.headers["Location"].startswith("/sign-in/?next=")
            transaction.set_rollback(True)


def expected(name: str, page: Page, role: str) -> int:
    if page.needs == OPEN:
        return 302 if name == "sign-in" and role != "anonymous" else page.ok
    if role == "anonymous":
        return 302
    if page.needs == SIGNED_IN:
        return {
            ("project-new", "superuser"): 200,
            ("audit", "superuser"): 200,
            ("room", "superuser"): 200,
            ("token-revoke", "manager"): 302,
        }.get((name, role), page.ok)
    if role == "superuser":
        return 403 if name in OF_MEMBERS else page.ok
    if role == "stranger":
        return 404
    return page.ok if page.needs in ALLOWED[Role(role)] else 403


@pytest.mark.parametrize("name", sorted(name for name, page in PAGES.items() if page.method == "post"))
def test_what_changes_something_is_not_done_by_a_link(name, address, client, people):
    client.force_login(people.superuser)
    assert client.get(address(name)).status_code == 405


def test_tabs_are_those_of_the_role(project, people, browser_of):
    def tabs(user):
        content = browser_of(user).get(f"/p/{project.slug}/").content.decode()
        return [name for name in ("Items", "Import", "Export", "Members", "Settings") if f">{name}</a>" in content]

    assert tabs(people.annotator) == []
    assert tabs(people.viewer) == ["Items", "Export"]
    assert tabs(people.reviewer) == ["Items", "Export", "Members"]
    assert tabs(people.manager) == ["Items", "Import", "Export", "Members", "Settings"]


def test_annotators_see_no_answer_of_others(project, people, browser_of):
    """Blind: neither the balance of the labels nor who labeled how much nor anything about the model."""
    make_answer(make_items(project, ["one"])[0], people.manager, {"label": "spam"})
    content = browser_of(people.annotator).get(f"/p/{project.slug}/").content.decode()
    for word in ("Labels given", "Who labeled", "Learning curve", "Model in use", "Last runs", "spam", "manager"):
        assert word not in content
    assert "Labels given" in browser_of(people.viewer).get(f"/p/{project.slug}/").content.decode()
