"""The map of the items: drawn by a job, added to after runs, and outlines on it as filters."""

import gzip
import json
import struct

import numpy as np
import pytest

from labeling.models import FacetBlock, FacetIndex, Item, JobState, Project
from labeling.selectors.item_view import ChosenItems, ItemView
from labeling.selectors.item_view.groups import item_groups
from labeling.selectors.item_view.places import Outline, places_by_block
from labeling.services.item_index import up_to_date
from labeling.services.items.status import set_aside
from learning.models import ItemMap
from learning.services.maps import ask, draw
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.factories import make_answers, make_items
from tests.item_views import items_of_view
from tests.learning.people import answer_some, make_text_project, texts, truth

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def project(people, built_once):
    """60 items, ten answers, a run and a map."""

    def build() -> None:
        project = make_text_project(people.manager, n_pool=50, n_eval=10)
        project.members.create(user=people.viewer, role="viewer")
        answer_some(project, people.annotator, 10)
        run_training(decide(project.pk).pk)
        draw.run_drawing(ask.ask(people.manager, project).pk)

    built_once(build)
    return Project.objects.get()


def test_every_item_has_a_place_new_ones_are_placed_beside_and_a_map_drawn_anew_is_another(project, people):
    index = FacetIndex.objects.get()
    before = places_by_block(project, 1)[0]
    assert (index.map_number, index.mapped, len(before), ItemMap.objects.get().state) == (1, 60, 60, JobState.DONE)
    assert len(np.unique(before, axis=0)) > 50
    again = Item.objects.get(ordinal=3)
    make_items(project, [*texts(4, seed=7), f"{again.text}!"])  # the last one says what an earlier one does
    run = decide(project.pk)
    run_training(run.pk)
    assert draw.run_drawing(ask.after_run(run.pk))["state"] == JobState.DONE
    after = places_by_block(project, 1)[0]
    assert (after[:60] == before).all()
    assert (len(after), FacetIndex.objects.get().mapped, ask.after_run(run.pk)) == (65, 65, None)
    assert [item.ordinal for item in items_of_view(project, group="1-d3")] == [3, 64]
    assert [item.ordinal for item in items_of_view(project, group="1-d3-others")] == [64]
    assert 64 in {item.ordinal for item in items_of_view(project, group="1-d-others")}
    groups = _groups(project)
    twins = next(group for group in groups.duplicates if group.value == "1-d3")
    # item 3 has an answer: the other one may be given it
    said = truth(again)["label"]
    assert (twins.n, twins.labeled, twins.labels, twins.action.do) == (2, 1, [(said, 1)], "label")
    assert [item.ordinal for item in items_of_view(project, **twins.action.view.filters)] == [64]
    make_answers([(Item.objects.get(ordinal=64), people.annotator, {"label": {"spam": "ham", "ham": "spam"}[said]})])
    assert next(group for group in _groups(project).duplicates if group.value == "1-d3").action.do == "settle"
    set_aside(people.manager, Item.objects.get(ordinal=64))
    assert "1-d3" not in {group.value for group in _groups(project).duplicates}
    draw.run_drawing(ask.ask(people.manager, project, anew=True).pk)
    assert FacetIndex.objects.get().map_number == 2
    kept = FacetBlock.objects.filter(facet__in=["~map@1", "~map@2", "~groups@1", "~groups@2"], block=0)
    assert sorted(kept.values_list("facet", flat=True)) == ["~groups@2", "~map@2"]
    assert items_of_view(project, group="1-c1") == []
    assert ChosenItems(project, ItemView(group="1-c1"), str).is_of_a_former_map


def _groups(project):
    up_to_date(project)
    return item_groups(ChosenItems(project, ItemView(), str))


def test_clusters_hold_every_item_once_and_are_told_by_their_words(project, people, client, api):
    found = _groups(project)
    assert found.is_known
    members = [{item.ordinal for item in items_of_view(project, group=group.value)} for group in found.clusters]
    assert len(members) == 3
    assert sorted(ordinal for some in members for ordinal in some) == list(range(60))
    assert [group.n for group in found.clusters] == sorted(map(len, members), reverse=True)
    assert any(
        set(group.words.split(", ")) & {"prize", "number", "call", "ringtone", "lunch"} for group in found.clusters
    )
    assert sum(group.labeled for group in found.clusters) == 10
    told = api(people.viewer).get(f"/api/v1/projects/{project.slug}/map/groups/").json()
    assert [(one["group"], one["items"]) for one in told["clusters"]] == [(one.value, one.n) for one in found.clusters]
    first = told["clusters"][0]
    listed = api(people.viewer).get(f"/api/v1/projects/{project.slug}/items/?group={first['group']}").json()
    assert listed["total"] == first["items"]
    client.force_login(people.viewer)
    page = client.get(f"/p/{project.slug}/map/groups/").content.decode()
    assert f"?group={first['group']}" in page
    shown = client.get(f"/p/{project.slug}/items/?group={first['group']}").content.decode()
    assert "cluster 1" in shown
    FacetBlock.objects.filter(facet="~groups@1").delete()  # a map of before
    assert b"before groups were looked for" in client.get(f"/p/{project.slug}/map/groups/").content


def test_an_attempt_that_died_is_gone_on_with_and_one_that_was_overtaken_shows_nothing(project, people, monkeypatch):
    drawn = ask.ask(people.manager, project, anew=True)

    def overtaken(*_):
        ItemMap.objects.filter(pk=drawn.pk).update(attempt=7)

    with monkeypatch.context() as patched:
        patched.setattr(draw, "store_places", overtaken)
        draw.run_drawing(drawn.pk)
    assert FacetIndex.objects.get().map_number == 1
    made = ItemMap.objects.get()
    ItemMap.objects.filter(pk=drawn.pk).update(state=JobState.QUEUED)
    monkeypatch.setattr(draw, "lay_out", None)  # the layout is there: it is not made again
    draw.run_drawing(drawn.pk)
    assert (FacetIndex.objects.get().map_number, ItemMap.objects.get().sha256) == (2, made.sha256)


def test_an_outline_holds_what_lies_inside(project):
    places = places_by_block(project, 1)[0].astype(int)
    middle = int(np.median(places[:, 0]))
    left = {int(ordinal) for ordinal in np.flatnonzero(places[:, 0] < middle)}
    outline = f"1-0-0-{middle}-0-{middle}-65535-0-65535"
    found = {item.ordinal for item in items_of_view(project, map=outline)}
    assert found == left
    assert 20 < len(left) < 40
    assert items_of_view(project, map=f"2{outline[1:]}") == []


def test_points_take_the_colours_of_a_facet_and_the_same_stands_in_a_table(project, people, client, api):
    client.force_login(people.viewer)
    page = client.get(f"/p/{project.slug}/map/")
    assert (page.context["colour"], page.context["n_behind"], page.context["has_features"]) == ("label", 0, True)
    points = client.get(f"/p/{project.slug}/map/points/?number=1&items=60").content
    assert points == places_by_block(project, 1)[0].tobytes()
    answer = client.get(f"/p/{project.slug}/map/colours/?colour=split", headers={"accept-encoding": "gzip"})
    body = gzip.decompress(answer.content)
    length = struct.unpack_from("<I", body)[0]
    legend = json.loads(body[4 : 4 + length])["values"]
    assert [(value["words"], value["n"]) for value in legend] == [("pool", 50), ("eval", 10)]
    splits = dict(Item.objects.values_list("ordinal", "split"))
    assert [legend[number]["value"] for number in body[4 + length :]] == [splits[ordinal] for ordinal in range(60)]
    few = client.get(f"/p/{project.slug}/map/colours/?colour=label&answered=yes").content
    of_items = few[4 + struct.unpack_from("<I", few)[0] :]
    assert of_items.count(255) == 50
    assert (
        json.loads(few[4 : len(few) - 60])["values"][0]["n"] + json.loads(few[4 : len(few) - 60])["values"][1]["n"]
        == 10
    )
    table = client.get(f"/p/{project.slug}/map/regions/?colour=split").context["regions"]
    assert sum(region.n for region in table) == 60
    assert all(len(items_of_view(project, map=region.view.map)) == region.n for region in table)
    cards = client.get(f"/p/{project.slug}/map/items/?at=5,2,99,x")
    assert [row["item"].ordinal for row in cards.context["rows"]] == [5, 2]
    told = api(people.viewer).get(f"/api/v1/projects/{project.slug}/map/places/?limit=7").json()["results"]
    assert [(row["x"], row["y"]) for row in told] == [
        tuple(place) for place in places_by_block(project, 1)[0][:7].tolist()
    ]
    assert api(people.viewer).get(f"/api/v1/projects/{project.slug}/map/").json()["number"] == 1
    assert api(people.viewer).get(f"/api/v1/projects/{project.slug}/items/?map=1-2-3").status_code == 400
    url = table[0].view.map
    assert api(people.viewer).get(f"/api/v1/projects/{project.slug}/items/?map={url}").json()["total"] == table[0].n
    assert api(people.manager).post(f"/api/v1/projects/{project.slug}/map/").json()["state"] == "queued"
    assert api(people.manager).post(f"/api/v1/projects/{project.slug}/map/").status_code == 400


@pytest.mark.parametrize("text", ["", "1-2-3", "1-0-0-9-9", "1-0-0-9-9-0-65536", "1-0-0-9-9-x-3", "1-0-0-9-9-4"])
def test_what_is_no_outline_is_left_out(text):
    assert Outline.read(text) is None


def test_cells_and_sides_decide_as_a_plain_look_at_every_place_does():
    rng = np.random.default_rng(3)
    places = rng.integers(0, 65_536, (4_000, 2)).astype(np.uint16)
    for n in (3, 9, 30):
        outline = Outline(1, tuple(map(tuple, rng.integers(0, 65_536, (n, 2)).tolist())))
        plain = outline._inside(places[:, 0].astype(np.int64), places[:, 1].astype(np.int64))
        assert (outline.holds(places) == plain).all()
        assert 0 < plain.sum() < len(places)
