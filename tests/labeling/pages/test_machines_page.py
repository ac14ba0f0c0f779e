"""The pages of machines: added and ended by managers, read by reviewers."""

import re

import pytest

from labeling.models import Machine
from labeling.services.machines.manage import add_machine
from tests.factories import UserFactory, make_answer, make_items
from tests.labeling.machines.test_cards import predict
from tests.labeling.machines.test_members import by

pytestmark = pytest.mark.django_db


def test_a_machine_is_added_on_the_page_and_its_key_shown_once(project, people, browser_of):
    manager = browser_of(people.manager)
    empty = manager.get("/p/sms/machines/").content.decode()
    assert "No machine yet." in empty
    page = manager.post("/p/sms/machines/", {"name": "judge", "version": "1", "description": "an LLM"})
    key = re.search(r'<code id="key">([^<]+)</code>', page.content.decode())[1]
    assert by(key).get("/api/v1/projects/sms/predictions/items/").status_code == 200
    assert page["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    again = manager.get("/p/sms/machines/").content.decode()
    assert key not in again
    assert "judge" in again
    twice = manager.post("/p/sms/machines/", {"name": "judge", "version": "1"})
    assert (twice.status_code, "There is a machine" in twice.content.decode()) == (400, True)
    machine = Machine.objects.get()
    renewed = manager.post(f"/p/sms/machines/{machine.pk}/token/").content.decode()
    assert re.search(r'<code id="key">([^<]+)</code>', renewed)[1] != key
    assert by(key).get("/api/v1/projects/sms/predictions/items/").status_code == 401
    ended = manager.post(f"/p/sms/machines/{machine.pk}/end/", follow=True).content.decode()
    assert "judge is ended" in ended
    assert "New key" not in ended


def test_its_page_says_what_the_card_says(project, people, browser_of):
    items = make_items(project, [f"text {n}" for n in range(40)])
    three = [UserFactory(username=name) for name in ("ann", "bob", "cas")]
    project.items.update(annotations_required=3)
    for n, item in enumerate(items):
        for person in three:
            make_answer(item, person, {"label": "spam" if n % 4 == 0 else "ham"})
    machine, key = add_machine(people.manager, project, name="judge", version="1")
    predict(key, [{"item": item.pk, "label": "ham", "cost": 0.01, "probabilities": {"ham": 0.7, "spam": 0.3}}
                  for item in items])  # fmt: skip
    reviewer = browser_of(people.reviewer)
    page = re.sub(r"\s+", " ", reviewer.get(f"/p/sms/machines/{machine.pk}/").content.decode())
    assert "says <b>ham</b> where people say <b>spam</b>" in page
    assert "Not shown to be as good as a person: no worse than 0 % of the people" in page
    assert "Cost of a right label" in page
    assert "0.0133" in page
    assert 'method="post" action="/p/sms/machines' not in page, "a reviewer reads"
    listed = reviewer.get("/p/sms/machines/").content.decode()
    assert "not shown" in listed
    assert browser_of(people.annotator).get("/p/sms/machines/").status_code == 403
