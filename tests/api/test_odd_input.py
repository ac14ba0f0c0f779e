"""Input that no form sends: NUL bytes and numbers of thousands of digits end in a 4xx or an empty page, never a 500."""

import pytest

from labeling.models import Member
from learning.models import Decision, ModelVersion

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.mark.parametrize(
    "query", ["q=%00", "q=a%00b", "label=%00", "split=%00", "after=" + "9" * 5000, "before=" + "9" * 5000]
)
def test_the_items_page_finds_nothing(project, people, browser_of, query):
    page = browser_of(people.viewer).get(f"/p/{project.slug}/items/?{query}")
    assert page.status_code == 200


def test_a_member_with_nul_in_the_name_is_not_there(project, people, api):
    assert api(people.manager).delete(f"/api/v1/projects/{project.slug}/members/a%00b/").status_code == 404
    assert Member.objects.filter(project=project).count() == 4


def test_a_reason_that_cannot_be_stored_is_refused_on_the_page(project, people, browser_of, monkeypatch):
    monkeypatch.setattr("learning.services.promotion._check_file", lambda version: None)
    version = ModelVersion.objects.create(project=project, number=1, encoder="e", trained_on=1)
    for reason in ("nul \0 inside", "x" * 2001):
        page = browser_of(people.manager).post(f"/p/{project.slug}/models/1/", {"reason": reason}, follow=True)
        assert page.status_code == 200
        version.refresh_from_db()
        assert (version.status, Decision.objects.count()) == ("candidate", 0)


def test_a_made_up_address_does_not_get_around_the_throttle(api, people):
    """X-Forwarded-For is what a client says; only REMOTE_ADDR is known."""
    from django.core.cache import cache

    cache.clear()
    answers = [
        api().post(
            "/api/v1/auth/token/", {"username": f"nobody{n}", "password": "x"}, HTTP_X_FORWARDED_FOR=f"10.0.0.{n}"
        ).status_code
        for n in range(12)
    ]  # fmt: skip
    cache.clear()
    assert answers[-1] == 429
