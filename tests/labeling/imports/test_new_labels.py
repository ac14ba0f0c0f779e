"""A project without labels takes them from the label column of its first import."""

import pytest

from labeling.models import ImportBatch, JobState
from labeling.selectors.importing import notes_of
from labeling.selectors.label_names import label_names
from labeling.services.imports import run as run_module
from labeling.services.imports import run_import
from labeling.services.imports import store as store_module
from labeling.services.imports.readers.jsonl import JsonlReader
from labeling.services.imports.store import ChunkStore
from labeling.services.projects import label_set
from labeling.services.projects.label_set import set_labels
from labeling.services.projects.renames import rename_label
from tests.factories import make_project
from tests.labeling.imports.conftest import assert_counts_true, counts, picture, reasons, zip_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def bare(people):
    return make_project(slug="bare", labels=(), manager=people.manager)


def answers_of(project) -> list[dict]:
    return list(project.annotations.order_by("pk").values_list("answer", flat=True))


def names(project) -> list[tuple[str, str]]:
    return list(project.labels.in_use().values_list("name", "hotkey"))


def test_the_labels_of_the_rows_become_the_label_set(bare, bring_in):
    batch = bring_in(bare, b"text,label\none,spam\ntwo,ham\nthree,\nfour, spam \n")
    assert counts(batch) == ("done", 4, 0, 0)
    assert names(bare) == [("ham", "1"), ("spam", "2")]
    bare.refresh_from_db()
    assert bare.labels_version == 1
    assert sorted(bare.annotations.values_list("answer__label", flat=True)) == ["ham", "spam", "spam"]
    assert_counts_true(bare)


def test_a_project_that_has_labels_or_had_some_refuses_others(project, bare, bring_in):
    assert "not in the label set" in reasons(bring_in(project, [{"text": "x", "label": "eggs"}]))[1]
    set_labels(bare, ["ham"])
    bare.labels.update(archived=True)
    assert "not in the label set" in reasons(bring_in(bare, [{"text": "x", "label": "eggs"}]))[1]


def test_only_the_first_import_brings_labels(bare, bring_in):
    bring_in(bare, [{"text": "a", "label": "ham"}, {"text": "b", "label": "spam"}])
    assert "not in the label set" in reasons(bring_in(bare, [{"text": "c", "label": "eggs"}]))[1]
    assert len(names(bare)) == 2


def test_folders_of_a_zip_and_lists_of_labels(people, bring_in):
    photos = make_project(slug="p", modality="image", labels=(), manager=people.manager)
    content = zip_of({"cat/1.png": picture(1), "dog/2.png": picture(2)})
    bring_in(photos, content, "photos.zip", options={"folder_is_label": True})
    assert [name for name, _ in names(photos)] == ["cat", "dog"]
    several = make_project(slug="s", kind="multilabel", labels=(), manager=people.manager)
    bring_in(several, [{"text": "a", "label": ["x", "y"]}, {"text": "b", "label": "z|x"}, {"text": "c", "label": []}])
    assert [name for name, _ in names(several)] == ["x", "y", "z"]


def test_what_cannot_be_a_label_rejects_its_row_only(bare, bring_in, monkeypatch):
    monkeypatch.setattr("labeling.services.imports.new_labels.MAX_LABELS", 2)
    rows = [
        {"text": "a", "label": "x" * 201}, {"text": "b", "label": "one"}, {"text": "c", "label": "two"},
        {"text": "d", "label": "three"},
    ]  # fmt: skip
    batch = bring_in(bare, rows)
    assert counts(batch) == ("done", 2, 0, 2)
    assert reasons(batch) == {1: "At most 200 characters.", 4: "A project has at most 2 labels."}
    assert batch.rejections.get(row=4).field == "label"


def test_an_attempt_that_goes_on_brings_labels_as_the_first_one_did(bare, people, monkeypatch):
    from django.core.files.base import ContentFile

    from labeling.services.imports import start_import
    from labeling.services.imports.store import ChunkStore

    monkeypatch.setattr(run_module, "CHUNK_BYTES", 1)  # a chunk a row
    lines = "text,label\n" + "".join(f"row {n},label {n}\n" for n in range(6))
    batch = start_import(people.manager, bare, file=ContentFile(lines.encode()), file_name="items.csv")
    store, stored = ChunkStore.store, []

    def dies(self, rows, rejections, cursor):
        if len(stored) == 3:
            raise SystemExit
        stored.append(cursor)
        store(self, rows, rejections, cursor)

    monkeypatch.setattr(ChunkStore, "store", dies)
    with pytest.raises(SystemExit):
        run_import(batch.pk)
    assert len(names(bare)) == 3
    monkeypatch.setattr(ChunkStore, "store", store)
    ImportBatch.objects.filter(pk=batch.pk).update(state=JobState.QUEUED)
    run_import(batch.pk)
    batch.refresh_from_db()
    assert counts(batch) == ("done", 6, 0, 0)
    assert [name for name, _ in names(bare)] == [f"label {n}" for n in range(6)]


def test_no_run_is_asked_for_in_the_middle_of_the_import(bare, bring_in, django_capture_on_commit_callbacks):
    from labeling import signals

    heard = []

    def hear(sender, **_):
        heard.append("labels")

    signals.labels_changed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            bring_in(bare, [{"text": "a", "label": "ham"}])
        assert heard == []
        with django_capture_on_commit_callbacks(execute=True):
            label_set.set_labels(bare, ["ham", "spam"])
        assert heard == ["labels"]
    finally:
        signals.labels_changed.disconnect(hear)


def test_a_former_name_is_the_label_of_now_also_where_labels_are_added(project, people, bring_in):
    """It had become a second label, without answers: those of its rows were counted for the first."""
    rename_label(people.manager, project, "spam", "junk")
    rows = [{"text": "one", "label": "spam"}, {"text": "two", "label": "junk"}, {"text": "three", "label": "new"}]
    batch = bring_in(project, rows, options={"labels": "add"})
    assert counts(batch) == ("done", 3, 0, 0)
    assert {name for name, _ in names(project)} == {"ham", "junk", "new"}
    told = label_names(project)
    assert [told.named(answer)["label"] for answer in answers_of(project)] == ["junk", "junk", "new"]
    assert any("is called “junk” now" in note for note in notes_of(batch))


def test_what_an_archived_label_was_called_first_is_nobody_s_until_somebody_says_so(project, people, bring_in):
    bring_in(project, [{"text": "zero", "label": "spam"}])
    rename_label(people.manager, project, "spam", "junk")
    set_labels(project, ["ham"])
    batch = bring_in(project, [{"text": "one", "label": "spam"}], options={"labels": "add"})
    assert "was called first" in reasons(batch)[1]
    set_labels(project, ["ham", "spam"])
    assert counts(bring_in(project, [{"text": "one", "label": "spam"}])) == ("done", 1, 0, 0)
    assert [label_names(project).named(answer)["label"] for answer in answers_of(project)] == ["junk", "spam"]


def test_a_label_that_is_renamed_while_rows_wait_for_it_is_looked_up_again(project, people, bring_in, monkeypatch):
    monkeypatch.setattr(JsonlReader, "chunk_rows", 1)
    monkeypatch.setattr(store_module, "RETRY_AFTER_S", 0)
    real = ChunkStore.store

    def renamed_meanwhile(store, rows, rejections, cursor):
        if cursor == 2 and not project.labels.filter(name="junk").exists():
            rename_label(people.manager, project, "spam", "junk")
        real(store, rows, rejections, cursor)

    monkeypatch.setattr(ChunkStore, "store", renamed_meanwhile)
    rows = [{"text": "one", "label": "spam"}, {"text": "two", "label": "junk"}, {"text": "three", "label": "spam"}]
    batch = bring_in(project, rows, options={"labels": "add"})
    assert batch.state == JobState.QUEUED
    run_import(batch.pk)
    batch.refresh_from_db()
    assert counts(batch) == ("done", 3, 0, 0)
    assert answers_of(project) == [{"label": "spam"}] * 3
    assert {name for name, _ in names(project)} == {"ham", "junk"}
