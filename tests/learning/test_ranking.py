"""What is ranked, what is not, and who may publish."""

import numpy as np
import pytest

from labeling.models import Epoch, Item, ItemStatus, QueueEntry, Split
from labeling.services.queue import publish as queue
from learning.families.labels import ranking
from learning.models import ModelVersion
from learning.services.pipeline.rank import rank_again
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.factories import UserFactory, make_answer, make_items
from tests.learning.people import answer_some, make_text_project, truth

pytestmark = pytest.mark.django_db


def published(project) -> list[QueueEntry]:
    project.refresh_from_db()
    entries = QueueEntry.objects.filter(epoch__project=project, epoch__number=project.epoch)
    return list(entries.order_by("rank").select_related("item"))


def run(project):
    run_training(decide(project.pk).pk)


@pytest.fixture
def project(people):
    return make_text_project(people.manager, n_pool=90, n_eval=20, retrain_every=10)


def test_answered_leased_set_aside_and_eval_items_are_not_asked_about(project, people):
    answer_some(project, people.annotator, 12)
    left = list(Item.objects.open_in(Split.POOL).filter(project=project).order_by("ordinal"))
    Item.objects.filter(pk=left[0].pk).update(slots_taken=1, is_open=False)
    Item.objects.filter(pk=left[1].pk).update(status=ItemStatus.SET_ASIDE, is_open=False)
    run(project)
    assert {entry.item_id for entry in published(project)} == {item.pk for item in left[2:]}


def test_the_head_is_an_ordered_draw_with_its_propensities(project, people, monkeypatch):
    monkeypatch.setattr(ranking, "QUEUE_SIZE", 25)
    answer_some(project, people.annotator, 45)
    run(project)
    entries = published(project)
    assert [entry.rank for entry in entries] == list(range(25))
    propensities = np.array([entry.propensity for entry in entries])
    assert ((propensities > 0) & (propensities <= 1)).all()
    assert Epoch.objects.get(project=project).pool_size == 45


def test_items_that_wait_for_a_second_annotator_come_first(people):
    project = make_text_project(people.manager, n_pool=60, n_eval=10, overlap=2)
    started = list(Item.objects.open_in(Split.POOL).filter(project=project).order_by("ordinal")[:7])
    for item in started:
        make_answer(item, people.annotator, truth(item))
    run(project)
    entries = published(project)
    assert {entry.item_id for entry in entries[:7]} == {item.pk for item in started}
    assert all(entry.propensity == 1 for entry in entries[:7])
    assert len(entries) == 60


def test_an_answer_the_ranking_does_not_know_waits_for_a_later_pass(people):
    project = make_text_project(people.manager, n_pool=30, n_eval=10, overlap=3)
    answered, leased, both = Item.objects.open_in(Split.POOL).filter(project=project).order_by("ordinal")[:3]
    for item in (answered, both):
        make_answer(item, people.annotator, truth(item))
    Item.objects.filter(pk=leased.pk).update(slots_taken=1)
    Item.objects.filter(pk=both.pk).update(slots_taken=2)
    run(project)
    known = {entry.item_id: entry.slots_taken for entry in published(project)}
    assert [known.pop(item.pk) for item in (answered, leased, both)] == [1, 0, 1]
    assert set(known.values()) == {0}


def test_a_stale_worker_cannot_publish(project, people, monkeypatch):
    answer_some(project, people.annotator, 12)
    real = ranking.rank_pool

    def overtaken(*args):
        queue.reserve_epoch(project.pk)
        return real(*args)

    monkeypatch.setattr(ranking, "rank_pool", overtaken)
    run(project)
    assert published(project) == []
    steps = {step["name"]: step["state"] for step in project.runs.get().steps}
    assert steps["publish"] == "skipped"


def test_ranking_again_after_a_promotion_uses_the_version_in_use(project, people):
    answer_some(project, people.annotator, 45)
    answer_some(project, people.annotator, 20, Split.EVAL)
    run(project)
    epoch = rank_again(project.pk)
    assert epoch == 2
    assert Epoch.objects.get(project=project, number=2).model_version == ModelVersion.objects.get().number
    assert len(published(project)) == 45


def test_a_finished_pool_is_no_error(people):
    project = make_text_project(people.manager, n_pool=12, n_eval=2, retrain_every=10)
    answer_some(project, UserFactory(), 12)
    run(project)
    assert project.runs.get().state == "done"
    assert published(project) == []


def test_a_damaged_champion_file_does_not_stop_the_next_run(project, people):
    answer_some(project, people.annotator, 45)
    answer_some(project, people.annotator, 20, Split.EVAL)
    run(project)
    ModelVersion.objects.update(sha256="0" * 64, status="champion")
    answer_some(project, people.annotator, 10)
    run(project)
    newest = ModelVersion.objects.newest_first().first()
    assert "could not be compared" in newest.decisions.get().reason
    assert project.runs.newest_first().first().state == "done"


def test_images_and_tables_go_all_the_way(people, tmp_path):
    from PIL import Image

    from labeling.models import Asset
    from learning.services import files
    from tests.factories import make_project

    table = make_project(modality="tabular", manager=people.manager)
    for number, item in enumerate(make_items(table, [f"row {n}" for n in range(40)])):
        Item.objects.filter(pk=item.pk).update(data={"size": number, "colour": ["red", "blue"][number % 2]})
    photos = make_project(modality="image", manager=people.manager)
    folder = files.local_path("x").parent
    folder.mkdir(parents=True, exist_ok=True)
    for number, item in enumerate(make_items(photos, [f"photo {n}" for n in range(12)])):
        Image.new("RGB", (30, 20), (20 * number, 0, 255 - 20 * number)).save(folder / f"{number}.png")
        asset = Asset.objects.create(
            project=photos, sha256=str(number), path=f"{number}.png", size_bytes=1, format="PNG",
            media_type="image/png", mode="RGB", width=30, height=20,
        )  # fmt: skip
        Item.objects.filter(pk=item.pk).update(asset=asset)
    for project, n_items in ((table, 40), (photos, 12)):
        run(project)
        assert project.runs.get().state == "done", project.runs.get().error
        assert len(published(project)) == n_items


@pytest.mark.parametrize("kind", ["classification", "multilabel"])
def test_one_answer_is_enough_to_go_on(people, kind):
    project = make_text_project(people.manager, n_pool=20, n_eval=3, kind=kind)
    item = Item.objects.filter(project=project, split=Split.POOL).first()
    make_answer(item, people.annotator, {"label": "ham"} if kind == "classification" else {"labels": ["ham"]})
    held = Item.objects.filter(project=project, split=Split.EVAL).first()
    make_answer(held, people.annotator, {"label": "spam"} if kind == "classification" else {"labels": []})
    run(project)
    assert project.runs.get().state == "done", project.runs.get().error
    assert len(published(project)) == 19
