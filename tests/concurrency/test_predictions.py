"""The same predictions from two processes at once are stored once, and of two that contradict one stands."""

import uuid

import pytest

from labeling.models import Machine, Prediction
from labeling.selectors.machines import newest_version
from labeling.services.machines import predictions
from labeling.services.machines.manage import add_machine, version_called
from labeling.services.machines.predictions import import_predictions
from tests.concurrency.together import together
from tests.factories import make_items

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

N = 60


def test_what_comes_twice_at_once_is_stored_once(project, people, monkeypatch):
    monkeypatch.setattr(predictions, "CHUNK_ROWS", 7)
    add_machine(people.manager, project, name="judge", version="1")
    items = make_items(project, [f"text {n}" for n in range(N)])

    def bring(label, order):
        def run():
            version = newest_version(Machine.objects.get())
            rows = [{"item": item.pk, "label": label} for item in items[::order]]
            return import_predictions(version, rows, public_id=uuid.uuid4())

        return run

    same, turned, other = together([bring("ham", 1), bring("ham", -1), bring("spam", 1)])
    assert Prediction.objects.count() == N
    said = [row.answer["label"] for row in Prediction.objects.all()]
    assert same.accepted + turned.accepted == said.count("ham")
    assert other.accepted == said.count("spam")
    assert same.repeated + turned.repeated == said.count("ham")
    assert len(other.rejections) == said.count("ham")
    assert len(same.rejections) == len(turned.rejections) == said.count("spam")


def test_a_version_that_two_begin_at_once_is_one(project, people):
    add_machine(people.manager, project, name="judge", version="1")
    found = together([lambda: version_called(Machine.objects.get(), "2").pk] * 4)
    assert len(set(found)) == 1
