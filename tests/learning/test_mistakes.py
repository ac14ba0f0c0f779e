"""From a number in the confusion matrix to its items."""

import re

import pytest

from labeling.models import Annotation, FacetIndex, Item, Split
from learning.families.labels import eval_answers
from learning.models import ModelVersion
from learning.services import files
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.factories import make_items
from tests.learning.people import answer_some, texts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)


@pytest.fixture
def version(project, people):
    every = texts(120)
    make_items(project, every[:90])
    make_items(project, every[90:], split=Split.EVAL)
    answer_some(project, people.annotator, 45)
    answer_some(project, people.annotator, 30, Split.EVAL)
    one = Annotation.objects.filter(item__split=Split.EVAL).order_by("pk").first()
    one.answer = {"label": "spam" if one.answer["label"] == "ham" else "ham"}  # a person's mistake
    one.save()
    run_training(decide(project.pk).pk)
    return ModelVersion.objects.get()


def test_every_number_of_the_matrix_opens_as_many_items(browser_of, people, version):
    client = browser_of(people.viewer)
    detail = client.get(f"/p/sms/models/{version.number}/").content.decode()
    links = re.findall(r'href="([^"]*/items/\?split=eval&amp;label=(\w+)&amp;model=(\w+)[^"]*)">(\d+)</a>', detail)
    confusion, names = version.report["confusion"], version.labels
    cells = {(names[t], names[a]): n for t, row in enumerate(confusion) for a, n in enumerate(row) if n}
    assert {(truth, answer): int(n) for _, truth, answer, n in links} == cells
    for address, truth, answer, count in links:  # the items as they are now, and those that it was measured on
        assert client.get(address.replace("&amp;", "&")).context["found"].total == int(count)
        cell = f"?truth={names.index(truth)}&answer={names.index(answer)}"
        shown = client.get(f"/p/sms/models/{version.number}/mistakes/{cell}").content.decode()
        assert len(re.findall(r"/p/sms/items/\d+/\"", shown)) == int(count)
        assert f"{count} of 30 eval items" in shown
    FacetIndex.objects.update(model=None)  # as of a version that is not in use
    detail = client.get(f"/p/sms/models/{version.number}/").content.decode()
    assert len(re.findall(r'/mistakes/\?truth=\d&amp;answer=\d"', detail)) == len(links)


def test_what_it_got_wrong_names_the_mistaken_answer(browser_of, people, version):
    kept = eval_answers.load(version)
    assert kept is not None
    wrong = browser_of(people.viewer).get(f"/p/sms/models/{version.number}/mistakes/").content.decode()
    mistaken = Annotation.objects.filter(item__split=Split.EVAL).order_by("pk").first().item
    assert mistaken.ordinal in kept.ordinals[kept.wrong()]
    assert f"/p/sms/items/{mistaken.pk}/" in wrong
    listed = [Item.objects.get(ordinal=kept.ordinals[row]).pk for row in kept.wrong()]
    assert [int(pk) for pk in re.findall(r'href="/p/sms/items/(\d+)/"', wrong)] == listed
    assert sorted(kept.confidence[kept.wrong()], reverse=True) == list(kept.confidence[kept.wrong()])


@pytest.mark.parametrize("query", ["?truth=0", "?truth=0&answer=9", "?truth=x&answer=0", "?truth=-1&answer=0"])
def test_a_cell_that_is_none(browser_of, people, version, query):
    assert browser_of(people.viewer).get(f"/p/sms/models/{version.number}/mistakes/{query}").status_code == 404


def test_damaged_or_absent_answers_are_said(browser_of, people, version):
    client = browser_of(people.viewer)
    address = f"/p/sms/models/{version.number}/mistakes/"
    files.local_path(version.report["eval_answers"]["path"]).write_bytes(b"not it")
    assert "is damaged" in client.get(address).content.decode()
    del version.report["eval_answers"]
    version.save()
    assert "were not kept" in client.get(address).content.decode()
    assert browser_of(people.annotator).get(address).status_code == 403
