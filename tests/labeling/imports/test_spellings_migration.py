"""Items that an older release stored are found again by any spelling, and none of them changes its text or its side."""

import hashlib
import importlib
from types import SimpleNamespace

import orjson
import pytest
from django.apps import apps
from django.db import connection

from labeling.models import Context, Item, Split
from tests.factories import make_items, make_project
from tests.labeling.imports.conftest import counts

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]

migration = importlib.import_module("labeling.migrations.0024_one_spelling")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def migrate(chunk: int = 3) -> None:
    before = list(Item.objects.order_by("pk").values_list("text", "data", "split", "draw_key", "ordinal"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migration, "CHUNK", chunk)
        migration.respelled(apps, SimpleNamespace(connection=connection))
    assert list(Item.objects.order_by("pk").values_list("text", "data", "split", "draw_key", "ordinal")) == before


def old(project, texts, **fields) -> list[Item]:
    items = make_items(project, texts, **fields)
    for item in items:
        context = b"\0" + item.context.encode() if item.context else b""
        Item.objects.filter(pk=item.pk).update(content_hash=sha256(item.text.encode() + context))
    return items


def test_texts_of_an_older_release_are_found_by_any_spelling(project, bring_in):
    texts = ["plain", " Cafe\u0301\r\n", "Việt", "हिन्दी\u00a0", "twin é", "twin e\u0301"]
    old(project, texts[:5])
    old(project, texts[5:], split=Split.EVAL)
    hashes = dict(Item.objects.filter(project=project).values_list("text", "content_hash"))
    migrate()
    after = dict(Item.objects.filter(project=project).values_list("text", "content_hash"))
    assert {text for text in texts if hashes[text] != after[text]} == {
        " Cafe\u0301\r\n",
        "हिन्दी\u00a0",
    }  # the rest: plain, or a twin's
    assert len(set(after.values())) == 6
    again = ["plain", "Café", "Cafe\u0301 ", "Vie\u0323\u0302t", "हिन्दी", "twin é", "twin e\u0301", "new"]
    assert counts(bring_in(project, [{"text": text} for text in again])) == ("done", 1, 7, 0)
    migrate()
    assert dict(Item.objects.filter(project=project, text__in=texts).values_list("text", "content_hash")) == after


def test_the_same_in_a_context(project, bring_in):
    old(project, ["so", "so\u00a0"], context="Cafe\u0301 ")
    migrate()
    rows = [{"text": "so", "context": "Café"}, {"text": "so", "context": "tea"}]
    assert counts(bring_in(project, rows)) == ("done", 1, 1, 0)


def test_rows_of_tables(table, bring_in):
    rows = [{"town": "Go\u0308teborg ", "n": 1}, {"n": 2.0, "town": "plain"}]
    items = make_items(table, ["1", "2"])
    for item, row in zip(items, rows, strict=True):
        stored = sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS))
        Item.objects.filter(pk=item.pk).update(text="", data=row, content_hash=stored)
    migrate()
    assert counts(bring_in(table, [{"town": "Göteborg", "n": 1}, {"town": "plain", "n": 2}])) == ("done", 0, 2, 0)


def test_contexts_of_pairs(people, bring_in):
    project = make_project(kind="pairwise", labels=(), manager=people.manager)
    bring_in(project, [{"id": "a", "text": "one", "context": "wer?"}, {"id": "b", "text": "zwei", "context": "wer?"}])
    context = Context.objects.get(project=project)
    was = sha256(orjson.dumps(["wé\u0301r? ", "", []]))
    Context.objects.filter(pk=context.pk).update(text="wé\u0301r? ", content_hash=was)
    for item in Item.objects.filter(project=project):
        stored = sha256(item.text.encode() + b"\0" + was.encode())
        Item.objects.filter(pk=item.pk).update(content_hash=stored, context="wé\u0301r? ")
    migrate()
    rows = [
        {"id": "a", "text": "one", "context": "we\u0301\u0301r?"},
        {"id": "c", "text": "drei", "context": "wé\u0301r?"},
    ]
    assert counts(bring_in(project, rows)) == ("done", 1, 1, 0)
    assert Context.objects.filter(project=project).count() == 1


def test_a_fingerprint_that_is_not_made_of_what_is_stored_stays(project):
    (item,) = make_items(project, ["Cafe\u0301"])
    migrate()
    assert Item.objects.get(pk=item.pk).content_hash == item.content_hash
