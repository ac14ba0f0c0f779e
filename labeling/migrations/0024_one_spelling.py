"""Fingerprints of stored items and contexts by the one rule of spelling (decision 0065): a text that comes again finds
its item however it is spelled now. Texts, sides and draws stay; of twins that are stored already the first one is found.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import orjson
from django.db import migrations

from labeling.kinds.spelling import canonical
from labeling.services.imports.records.fingerprints import SORTED_JSON, asked_of_row, content_hash, context_hash

CHUNK = 5_000
ITEM = ("pk", "ordinal", "content_hash", "text", "context", "in_context")


def respelled(apps: Any, schema_editor: Any) -> None:
    Project = apps.get_model("labeling", "Project")
    for project, modality in Project.objects.order_by("pk").values_list("pk", "modality"):
        contexts = _contexts(apps, schema_editor, project)
        items = apps.get_model("labeling", "Item").objects.filter(project=project)
        for rows in _chunks(items, modality):
            _move(schema_editor, items, [change for row in rows if (change := _of_item(row, modality, contexts))])


def _contexts(apps: Any, schema_editor: Any, project: int) -> dict[int, tuple[str, str]]:
    """The fingerprint of each context before and now."""
    there = apps.get_model("labeling", "Context").objects.filter(project=project)
    names = ("pk", "content_hash", "external_id", "text", "purpose", "facts", "asset__sha256")
    rows = list(there.order_by("pk").values_list(*names))
    before = {row[0]: row[1] for row in rows}
    changes = []
    for pk, stored, external_id, text, purpose, facts, picture in rows:
        said = [text, purpose, facts, *filter(None, [picture])]
        was = hashlib.sha256(orjson.dumps(said)).hexdigest()
        now = context_hash(external_id, text, purpose, facts, picture)
        if not external_id and was == stored and now != was:
            changes.append((pk, now))
    _move(schema_editor, there, changes)
    after = dict(there.values_list("pk", "content_hash"))
    return {pk: (before[pk], after[pk]) for pk in before}


def _chunks(items: Any, modality: str) -> Iterator[list[tuple[Any, ...]]]:
    names = (*ITEM, *(["data"] if modality == "tabular" else ["asset__sha256"] if modality == "image" else []))
    last = -1
    while rows := list(items.filter(ordinal__gt=last).order_by("ordinal").values_list(*names)[:CHUNK]):
        last = rows[-1][1]
        yield rows


def _of_item(row: tuple[Any, ...], modality: str, contexts: dict[int, tuple[str, str]]) -> tuple[int, str] | None:
    """The item and its new fingerprint; None where it stays, or is not made of what is stored (nothing is guessed)."""
    pk, _, stored, text, context, in_context, *more = row
    before, after = contexts.get(in_context, (context, canonical(context)))
    if modality == "text":
        same = canonical(text)
        if same == text and before == after:
            return None
        was, now = text.encode(), same.encode()
    elif modality == "tabular":
        try:
            data = orjson.dumps(more[0], option=SORTED_JSON).decode()
        except (TypeError, ValueError):
            return None
        was, now = data.encode(), asked_of_row(data)
    else:
        was = now = bytes.fromhex(more[0] or "")
    if (was, before) == (now, after) or content_hash(was, before) != stored:
        return None
    return pk, content_hash(now, after)


def _move(schema_editor: Any, rows: Any, changes: list[tuple[int, str]]) -> None:
    """Writes the fingerprints nobody has yet."""
    taken: set[str] = set()
    for start in range(0, len(changes), 500):
        wanted = [now for _, now in changes[start : start + 500]]
        taken.update(rows.filter(content_hash__in=wanted).values_list("content_hash", flat=True))
    first: dict[str, int] = {}
    for pk, now in changes:
        if now not in taken:
            first.setdefault(now, pk)
    if first:
        with schema_editor.connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {rows.model._meta.db_table} SET content_hash = %s WHERE id = %s", list(first.items())
            )


class Migration(migrations.Migration):
    dependencies = [("labeling", "0023_leaning")]

    operations = [migrations.RunPython(respelled, migrations.RunPython.noop, elidable=True)]
