"""The page of how people answer, and one's own."""

import pytest

from tests.factories import make_answer, make_items

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(project):
    return f"/p/{project.slug}/members/people/"


@pytest.fixture
def answered(project, people):
    type(project).objects.filter(pk=project.pk).update(overlap=2)
    project.refresh_from_db()
    items = make_items(project, ["a", "b", "c"])
    for item in items:
        make_answer(item, people.annotator, {"label": "ham"})
    make_answer(items[0], people.reviewer, {"label": "spam"})
    return items


def order(response):
    return [row.card.name for row in response.context["rows"]]


def test_where_nobody_has_answered_it_says_what_to_do(people, browser_of, address):
    page = browser_of(people.manager).get(address).content.decode()
    assert "Nobody has answered yet." in page
    assert "Add people" in page


def test_a_click_on_a_column_sorts_and_another_one_turns_it_round(people, browser_of, address, answered):
    client = browser_of(people.manager)
    first = client.get(address)
    assert order(first)[:2] == ["annotator", "reviewer"]
    (answers,) = (heading for heading in first.context["headings"] if heading.sort == "answers")
    assert (answers.arrow, answers.url) == ("descending", f"{address}?sort=answers")
    again = client.get(answers.url)
    assert order(again)[-2:] == ["reviewer", "annotator"]
    assert 'aria-sort="ascending"' in again.content.decode()


def test_what_cannot_be_sorted_by_is_sorted_by_answers(people, browser_of, address, answered):
    assert order(browser_of(people.manager).get(address, {"sort": "height"}))[0] == "annotator"


def test_people_are_found_by_name_and_the_file_has_the_same(people, browser_of, address, answered):
    client = browser_of(people.manager)
    page = client.get(address, {"q": "annot"})
    assert order(page) == ["annotator"]
    assert page.context["csv_url"].endswith("?sort=-answers&q=annot&format=csv")
    assert client.get(page.context["csv_url"]).content.decode().count("\r\n") == 2
    assert "Nobody of this name" in client.get(address, {"q": "nobody"}).content.decode()


def test_what_a_person_confuses_stands_in_his_row(people, browser_of, address, answered):
    words = " ".join(browser_of(people.manager).get(address, {"q": "reviewer"}).content.decode().split())
    assert "says <b>spam</b> where the others say <b>ham</b>" in words
    assert "too few to say, 1" in words


def test_columns_of_which_a_project_has_nothing_are_not_shown(people, browser_of, address, answered):
    shown = [heading.sort for heading in browser_of(people.manager).get(address).context["headings"]]
    assert "agreement" in shown
    assert not {"gold", "repeats"} & set(shown)


def test_one_s_own_page_begins_with_nothing_and_says_what_to_do(people, browser_of, project, answered):
    client = browser_of(people.annotator)
    page = client.get(f"/p/{project.slug}/mine/")
    assert page.context["work"].answers == 3
    assert "too few were asked twice" in page.content.decode()
    empty = browser_of(people.manager).get(f"/p/{project.slug}/mine/").content.decode()
    assert "You have not answered anything" in empty
    assert "Start labeling" in empty
