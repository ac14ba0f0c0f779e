"""The pages of a pairwise project: no labels anywhere, a purpose always, and what to do next."""

import json

import pytest

from labeling.models import Context, Member, Pairs, Progress, Project, Role
from labeling.selectors.judgments import pair_progress, winners
from labeling.services.answers.record import record_answer
from labeling.services.imports import run_import, start_import
from labeling.services.serving.next_tasks import next_tasks
from tests.factories import make_items, make_project


@pytest.fixture
def arguments(people) -> Project:
    project = make_project(slug="args", name="Arguments", kind="pairwise", purpose="What convinces?", labels=())
    for role in Role:
        Member.objects.create(project=project, user=getattr(people, role.value), role=role)
    return project


@pytest.fixture
def page(arguments, browser_of):
    def get(user, counts=None, address="/p/args/"):
        if counts:
            Progress.objects.filter(project=arguments).update(**counts)
        return browser_of(user).get(address).content.decode()

    return get


def test_first_items_then_partners_then_judging(arguments, people, page):
    assert "Import items" in page(people.manager)
    assert "no labels" not in page(people.manager)
    alone = {"contexts": 2, "pool_items": 2, "next_ordinal": 2}
    assert "No context has two items yet." in page(people.manager, alone)
    assert "Start judging" in page(people.annotator, {"pool_partnered": 2})
    assert "Pairs are waiting for an annotator." in page(people.viewer)
    content = page(people.viewer, {"annotations": 1204, "imported_annotations": 3, "pairs": 850, "pool_done": 840})
    assert "1,207 <small>3 imported" in content
    assert "850 <small>840 with all their answers" in content
    assert "What people said" in content
    assert "items labeled" not in content
    assert "1,207 judgments so far" in page(people.annotator)


def test_what_people_said_is_counted(arguments, people, page):
    rows = [{"id": f"a{n}", "text": f"argument {n}", "context": {"id": "q", "text": "Why?"}} for n in range(8)]
    run_import(start_import(people.manager, arguments, rows=rows).pk)
    for winner, task in zip(("left", "tie", "tie"), next_tasks(people.annotator, arguments, 3), strict=True):
        record_answer(people.annotator, task.pk, {"winner": winner}, 900)
    assert winners(arguments) == [
        {"name": "left", "answers": 1},
        {"name": "right", "answers": 0},
        {"name": "tie", "answers": 2},
        {"name": "neither", "answers": 0},
    ]
    assert pair_progress(arguments)["judgments"] == 3
    assert "What people said" in page(people.viewer)
    standing = json.loads(page(people.annotator, address="/p/args/annotate/state/"))
    assert (standing["mine"], standing["project"]["answers"]) == (3, 3)


def test_given_pairs_come_to_an_end(arguments, people, page):
    Project.objects.update(pairs=Pairs.GIVEN)
    counts = {"contexts": 1, "pool_items": 3, "pool_partnered": 3, "pairs": 4, "given_pool_open": 1, "pool_done": 3}
    assert "1 given pair to judge." in page(people.annotator, counts)
    assert "75 % of the given pairs" in page(people.viewer)
    assert "Export the judgments" in page(people.viewer, {"given_pool_open": 0})
    assert "No pair was imported yet." in page(people.manager, {"pairs": 0})


def test_settings_know_pairs_and_no_labels(project, arguments, people, page):
    content = page(people.manager, address="/p/args/settings/")
    assert "Swapped repeats" in content
    assert "Answers per pair" in content
    assert 'name="labels"' not in content
    other = page(people.manager, address="/p/sms/settings/")
    assert "Swapped repeats" not in other


@pytest.mark.parametrize(("purpose", "status"), [("What convinces?", 302), ("", 400)])
def test_a_new_one_needs_a_purpose_and_leaves_labels_out(people, browser_of, purpose, status):
    given = {"name": "Pairs", "kind": "pairwise", "modality": "text", "labels": "typed before", "purpose": purpose}
    response = browser_of(people.superuser).post("/projects/new/", given)
    assert response.status_code == status
    made = Project.objects.filter(name="Pairs").first()
    if status == 302:
        assert not made.labels.exists()
    else:
        assert made is None
        assert 'id="id_purpose"' in response.content.decode()


def test_items_stand_with_their_context(arguments, people, page):
    context = Context.objects.create(
        project=arguments, ordinal=0, text="Uniforms at school?", split="pool", content_hash="a" * 64
    )
    item = make_items(arguments, ["one"], in_context=context, place=0, context=context.text)[0]
    content = page(people.viewer, address="/p/args/items/")
    assert "Uniforms at school?" in content
    assert "Label given" not in content
    assert f"/p/args/ranking/?context={context.pk}" in page(people.viewer, address=f"/p/args/items/{item.pk}/")


def test_the_list_counts_judgments(arguments, people, page):
    content = page(people.annotator, {"pool_items": 5, "annotations": 12}, "/")
    assert "12 judgments about 5 items" in content
