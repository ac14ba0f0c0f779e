"""Pictures to compare, in contexts that are shown by a picture: a zip whose items.csv says what belongs to what."""

import pytest

from labeling.models import Annotation, Asset, Context, Item, Pair
from labeling.selectors.task_json import task_json
from labeling.services.projects.deletion import delete_project
from labeling.services.projects.manage import create_project
from labeling.services.serving.next_tasks import next_tasks
from tests.labeling.imports.conftest import bring_in, counts, picture, reasons, zip_of  # noqa: F401 - a fixture
from tests.labeling.pairs.conftest import consistent

pytestmark = pytest.mark.django_db

ITEMS = """id,image,context,context_id,context_image,left,right,winner,annotator
a,1.png,Which sofa fits?,room,rooms/living.png,,,,
b,2.png,,room,,,,,
c,3.png,,room,rooms/other.png,,,,
d,4.png,,garden,rooms/garden.png,,,,
e,5.png,,garden,rooms/garden.png,,,,
f,6.png,,cellar,rooms/nowhere.png,,,,
g,7.png,,attic,rooms/broken.png,,,,
h,8.png,,,rooms/other.png,,,,
,,,,,a,b,left,ann
,,,,,a,d,left,ann
"""


@pytest.fixture
def sofas(people, bring_in):  # noqa: F811
    people.manager.is_superuser = True
    project = create_project(
        people.manager, name="Sofas", slug="sofas", kind="pairwise", modality="image",
        purpose="Which fits better?", settings={"eval_share": 0.0, "repeat_share": 0.0},
    )  # fmt: skip
    people.manager.is_superuser = False
    files = {f"{n}.png": picture(n) for n in range(1, 9)}
    files |= {f"rooms/{name}.png": picture(50 + n) for n, name in enumerate(("living", "other", "garden"))}
    content = zip_of({"items.csv": ITEMS.encode(), **files, "rooms/broken.png": picture(60)[:200]})
    return project, bring_in(project, content, "sofas.zip")


def test_contexts_get_their_picture_and_pairs_come_along(sofas, people, api):
    project, batch = sofas
    assert counts(batch) == ("done", 6, 0, 4)
    assert set(reasons(batch)) == {3, 6, 7, 10}
    assert "another picture" in reasons(batch)[3]
    assert "holds no file" in reasons(batch)[6]
    assert set(Item.objects.values_list("external_id", flat=True)) == set("abdeh"), "no context is an item"
    assert set(Context.objects.filter(asset__isnull=False).values_list("external_id", flat=True)) == {
        "room", "garden", None,
    }  # fmt: skip
    assert Asset.objects.count() == 5 + 3
    assert Pair.objects.get().is_given
    assert Annotation.objects.get().imported_annotator == "ann"
    consistent(project)
    client = api(people.annotator)
    for task in next_tasks(people.manager, project, 10):
        shown = task_json(task, project)["context"]["image"]
        assert (shown["width"], shown["height"]) == (96, 64)
        assert api(people.manager).get(shown["src"]).status_code == 200
        assert client.get(shown["src"]).status_code == 404, "another's question"


def test_the_same_zip_again_changes_nothing_and_a_project_goes_with_its_pictures(sofas, people, bring_in):  # noqa: F811
    project, _ = sofas
    files = {f"{n}.png": picture(n) for n in (1, 9)} | {"room.png": picture(50)}
    rows = "id,image,context_id,context_image\na,1.png,room,room.png\nn,9.png,room,room.png\n"
    assert counts(bring_in(project, zip_of({"items.csv": rows.encode(), **files}), "more.zip")) == ("done", 1, 1, 0)
    assert Context.objects.count() == 3
    csv = b"left,right,winner\nb,n,right\n"
    assert counts(bring_in(project, csv, "judgments.csv")) == ("done", 1, 0, 0)
    consistent(project)
    delete_project(people.manager, project)
    assert not Asset.objects.exists()


def test_the_first_row_describes_a_context_whoever_comes_later(people, sofas, bring_in):  # noqa: F811
    project, _ = sofas
    files = {f"{n}.png": picture(n) for n in (11, 12)}
    rows = "id,image,context_id,context\nx,11.png,hall,First\ny,12.png,hall,Second\n"
    batch = bring_in(project, zip_of({"items.csv": rows.encode(), **files}), "hall.zip")
    assert (counts(batch), Context.objects.get(external_id="hall").text) == (("done", 1, 0, 1), "First")
    assert list(reasons(batch)) == [2]
