"""The tabs of a project: each once, and the one a page belongs to is marked."""

import re

import pytest

from labeling.pages.navigation import TABS

pytestmark = pytest.mark.django_db


def test_no_tab_and_no_page_is_named_twice():
    names = [tab.name for tab in TABS]
    pages = [page for tab in TABS for page in (tab.view, *tab.inside)]
    assert len(names) == len(set(names))
    assert len(pages) == len(set(pages))


@pytest.mark.parametrize(
    ("path", "name"), [("", "Overview"), ("storage/", "Settings"), ("settings/", "Settings"), ("audit/", "Audit")]
)
def test_a_page_marks_one_tab_as_its_own(project, people, browser_of, path, name):
    page = browser_of(people.manager).get(f"/p/sms/{path}").content.decode()
    assert re.findall(r'aria-current="page">([^<]+)<', page) == [name]
