"""Members: add, change, remove; never without a manager."""

import pytest
from django.utils import timezone

from labeling.models import Invitation, Member, Role


@pytest.fixture
def page(project, people, browser_of):
    client = browser_of(people.manager)
    client.address = f"/p/{project.slug}/members/"
    return client


def member(user):
    return Member.objects.filter(user=user).first()


def test_adds_a_person_by_user_name(page, people):
    response = page.post(f"{page.address}add/", {"username": "stranger", "role": "annotator"}, follow=True)
    assert member(people.stranger).role == Role.ANNOTATOR
    assert "stranger is now annotator of this project." in response.content.decode()


@pytest.mark.parametrize(
    ("username", "says"), [("nobody", "There is no account"), ("viewer", "in the project already"), ("", "required")]
)
def test_cannot_add(page, people, username, says):
    response = page.post(f"{page.address}add/", {"username": username, "role": "annotator"})
    assert response.status_code == 400
    assert says in str(response.context["form"].errors["username"])
    assert member(people.viewer).role == Role.VIEWER


def test_an_account_that_is_off_cannot_be_added(page, people):
    people.stranger.is_active = False
    people.stranger.save()
    assert page.post(f"{page.address}add/", {"username": "stranger", "role": "viewer"}).status_code == 400


def test_changes_a_role(page, people):
    page.post(f"{page.address}{member(people.viewer).pk}/role/", {"role": "reviewer"})
    assert member(people.viewer).role == Role.REVIEWER
    response = page.post(f"{page.address}{member(people.viewer).pk}/role/", {"role": "king"}, follow=True)
    assert "Expected one of" in response.content.decode()
    assert member(people.viewer).role == Role.REVIEWER


def test_the_last_manager_stays(page, people):
    me = member(people.manager)
    for address, data in ((f"{me.pk}/remove/", {}), (f"{me.pk}/role/", {"role": "viewer"})):
        response = page.post(page.address + address, data, follow=True)
        assert "A project keeps at least one manager." in response.content.decode()
    assert member(people.manager).role == Role.MANAGER


def test_a_manager_who_leaves_is_led_out(page, people, project):
    page.post(f"{page.address}{member(people.reviewer).pk}/role/", {"role": "manager"})
    response = page.post(f"{page.address}{member(people.manager).pk}/remove/", follow=True)
    assert response.redirect_chain[-1][0] == "/"
    assert member(people.manager) is None


def test_another_projects_member_is_not_here(page, people):
    from tests.factories import make_project

    other = make_project(slug="other", manager=people.stranger)
    theirs = Member.objects.get(project=other)
    assert page.post(f"{page.address}{theirs.pk}/remove/").status_code == 404
    assert Member.objects.filter(pk=theirs.pk).exists()


def test_no_query_a_person(page, project, django_assert_max_num_queries):
    from tests.factories import UserFactory

    Member.objects.bulk_create(Member(project=project, user=UserFactory(), role="viewer") for _ in range(20))
    for _ in range(5):
        Invitation.issue(project=project, role="viewer", expires_at=timezone.now(), created_by=UserFactory())
    with django_assert_max_num_queries(9):
        page.get(page.address)
