"""Planted data defects and whether the data tests of a run find them; clean data and whether they keep quiet.

    python -m benchmarks.data_defects [--seeds 5] [--items 700] [--pictures 240]

Real rows out of the open data (messages, table rows, photos, pictures of clothes) become a project of two imports
with answers of three people to items drawn at random. Every defect is planted in a fresh copy of the project, the tests
are run as a run does, and the planted defect must be named by its own test. Exit code 1 if one is missed, or if
anything is said about clean data.
"""

import argparse
import csv
import gzip
import hashlib
import io
import os
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.open_data import DATA

EVAL_SHARE = 0.3
SECOND_IMPORT = 0.4


@dataclass
class Planted:
    """A project to plant defects in: its rows as they are in the database, and how to compute the features anew."""

    project: Any
    encoder: Any
    rng: np.random.Generator

    def answered(self, split: str) -> list[Any]:
        """Answered items of a split in random order."""
        items = list(self.project.items.filter(split=split, answers__gt=0).order_by("ordinal"))
        return [items[number] for number in self.rng.permutation(len(items))]

    def answers(self) -> list[Any]:
        rows = list(self.project.annotations.select_related("item").order_by("pk"))
        return [rows[number] for number in self.rng.permutation(len(rows))]

    def labels(self) -> list[str]:
        return list(self.project.labels.values_list("name", flat=True))

    def copy(self, source: Any, target: Any) -> None:
        """The content of one item becomes that of another."""
        type(source).objects.filter(pk=target.pk).update(text=source.text, data=source.data, asset=source.asset)

    def rewrite_features(self, change: Callable[[np.ndarray], np.ndarray]) -> None:
        """Stores other features under their right hash."""
        from learning.services.features import shards

        shard = self.encoder.shards.get()
        shards._save(self.encoder, shard, 0, np.ascontiguousarray(change(np.array(shards.read_shard(shard)))))


def unknown_label(planted: Planted) -> None:
    for answer in planted.answers()[:3]:
        type(answer).objects.filter(pk=answer.pk).update(answer={"label": "no such label"})


def archived_label(planted: Planted) -> None:
    label = planted.project.labels.create(name="no longer given", position=99, archived=True)
    for answer in planted.answers()[:3]:
        type(answer).objects.filter(pk=answer.pk).update(answer={"label": label.name})


def same_item(planted: Planted) -> None:
    planted.copy(planted.answered("pool")[0], planted.answered("eval")[0])


def same_group(planted: Planted) -> None:
    pair = [planted.answered("pool")[0].pk, planted.answered("eval")[0].pk]
    planted.project.items.filter(pk__in=pair).update(group="one patient")


def near_duplicates(planted: Planted) -> None:
    for source, target in list(zip(planted.answered("pool"), planted.answered("eval"), strict=False))[:5]:
        if source.asset:
            type(source).objects.filter(pk=target.pk).update(asset=saved_again(source.asset))
            continue
        text = f"  {source.text.upper()} !!"
        data = {name: f" {value} " if isinstance(value, str) else value for name, value in source.data.items()}
        type(source).objects.filter(pk=target.pk).update(text=text, data=data)


def one_label(planted: Planted) -> None:
    planted.project.annotations.filter(item__split="pool").update(answer={"label": planted.labels()[0]})


def label_without_answers(planted: Planted) -> None:
    planted.project.labels.create(name="never seen", position=99)


def balance_moved(planted: Planted) -> None:
    rows = [row for row in planted.answers() if row.item.batch_id == planted.project.imports.latest("pk").pk]
    rare = planted.labels()[-1]
    for row in rows[: int(0.6 * len(rows))]:
        type(row).objects.filter(pk=row.pk).update(answer={"label": rare})


def one_sided_person(planted: Planted) -> None:
    rows = planted.project.annotations.filter(annotator__username__startswith="third")
    rows.update(answer={"label": planted.labels()[-1]})


def contradictions(planted: Planted) -> None:
    items = planted.answered("pool")
    labels = planted.labels()
    for source, target in zip(items[:8], items[8:16], strict=True):
        planted.copy(source, target)
        other = next(name for name in labels if name != source.annotations.get().answer["label"])
        target.annotations.update(answer={"label": other})
    compute_again(planted)


def too_fast(planted: Planted) -> None:
    rows = planted.answers()
    planted.project.annotations.filter(pk__in=[row.pk for row in rows[: len(rows) // 8]]).update(elapsed_ms=40)


def from_the_future(planted: Planted) -> None:
    for row in planted.answers()[:2]:
        type(row).objects.filter(pk=row.pk).update(created_at=row.created_at + timedelta(days=365))


def empty_contents(planted: Planted) -> None:
    items = list(planted.project.items.values_list("pk", flat=True))
    chosen = planted.rng.choice(items, max(3, len(items) // 20), replace=False).tolist()
    planted.project.items.filter(pk__in=chosen).update(text="", data={}, asset=None)


def another_size(planted: Planted) -> None:
    newest = planted.project.imports.latest("pk")
    for item in planted.project.items.filter(batch=newest).select_related("asset"):
        text = " ".join([item.text] * 4)
        some = dict(list(item.data.items())[: len(item.data) // 3])
        type(item).objects.filter(pk=item.pk).update(text=text, data=some)
        if item.asset:
            type(item.asset).objects.filter(pk=item.asset_id).update(width=item.asset.width // 3)


def not_a_number(planted: Planted) -> None:
    def change(rows: np.ndarray) -> np.ndarray:
        rows[planted.answered("pool")[0].ordinal, 0] = np.nan
        return rows

    planted.rewrite_features(change)


def rows_missing(planted: Planted) -> None:
    planted.rewrite_features(lambda rows: rows[:-7])


def rows_shifted(planted: Planted) -> None:
    planted.rewrite_features(lambda rows: np.roll(rows, 1, axis=0))


def all_the_same(planted: Planted) -> None:
    planted.rewrite_features(lambda rows: np.ones_like(rows))


def hardly_any_feature(planted: Planted) -> None:
    def change(rows: np.ndarray) -> np.ndarray:
        rows[:, rows.shape[1] // 10 :] = 0.5
        return rows

    planted.rewrite_features(change)


def placeholders(planted: Planted) -> None:
    def change(rows: np.ndarray) -> np.ndarray:
        rows[: len(rows) // 3] = rows[0]
        return rows

    planted.rewrite_features(change)


#: The test that must find it, and how it is planted.
DEFECTS: dict[str, Callable[[Planted], None]] = {
    "labels_in_set": unknown_label,
    "labels_in_use": archived_label,
    "same_item_in_both_splits": same_item,
    "group_in_both_splits": same_group,
    "near_duplicates_in_both_splits": near_duplicates,
    "more_than_one_label": one_label,
    "answers_per_label": label_without_answers,
    "label_balance_between_imports": balance_moved,
    "one_sided_annotators": one_sided_person,
    "equal_items_equal_labels": contradictions,
    "plausible_durations": too_fast,
    "plausible_timestamps": from_the_future,
    "contents_present": empty_contents,
    "sizes_between_imports": another_size,
    "features_finite": not_a_number,
    "features_for_every_item": rows_missing,
    "features_belong_to_items": rows_shifted,
    "features_vary": all_the_same,
    "constant_features": hardly_any_feature,
    "features_differ": placeholders,
}


def compute_again(planted: Planted) -> None:
    """Features of what the items hold now."""
    from learning.services.features import contents

    for ordinals, block in contents.blocks(planted.project, 0, planted.project.items.count()):
        made = planted.encoder_state.transform(block)  # type: ignore[attr-defined]

        def change(rows: np.ndarray, at: Any = ordinals, new: Any = made) -> np.ndarray:
            rows[at] = new
            return rows

        planted.rewrite_features(change)


def saved_again(asset: Any) -> Any:
    """The same picture as other bytes."""
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage
    from PIL import Image

    with default_storage.open(asset.path) as file, Image.open(file) as picture:
        out = io.BytesIO()
        picture.convert("RGB").save(out, "PNG")
    return make_asset(asset.project, out.getvalue(), default_storage.save("again.png", ContentFile(out.getvalue())))


def make_asset(project: Any, data: bytes, path: str) -> Any:
    from labeling.models import Asset
    from labeling.services.items.pictures import inspect

    facts = inspect(io.BytesIO(data))
    return Asset.objects.create(
        project=project, sha256=hashlib.sha256(path.encode() + data).hexdigest(), path=path, size_bytes=len(data),
        format=facts.format, media_type=facts.media_type, mode=facts.mode, width=facts.width, height=facts.height,
        perceptual_hash=facts.perceptual_hash,
    )  # fmt: skip


def plant_project(modality: str, contents: list[Any], labels: list[str], seed: int) -> Planted:
    """Two imports, half of it answered at random by three people, features computed, nothing ranked yet."""
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage
    from django.utils import timezone

    from labeling.models import Annotation, ImportBatch, Item, Label, Progress, Project, Task, TaskState, User
    from learning.services.features import encoder_versions, shards

    rng = np.random.default_rng(seed)
    slug = f"{modality}-{seed}-{Project.objects.count()}"
    project = Project.objects.create(slug=slug, name=slug, kind="classification", modality=modality, split_seed=slug)
    Label.objects.bulk_create(
        Label(project=project, name=name, position=number) for number, name in enumerate(sorted(set(labels)))
    )
    people = [User.objects.create(username=f"{name}-{slug}") for name in ("first", "second", "third")]
    batches = [ImportBatch.objects.create(project=project, format="rows", path="x", state="done") for _ in range(2)]
    second = int(len(contents) * (1 - SECOND_IMPORT))
    items = []
    for ordinal, content in enumerate(contents):
        fields: dict[str, Any] = {}
        if modality == "image":
            path = default_storage.save(f"{slug}/{ordinal}", ContentFile(content))
            fields["asset"] = make_asset(project, content, path)
        else:
            fields["text" if modality == "text" else "data"] = content
        items.append(
            Item(
                project=project, ordinal=ordinal, content_hash=f"{ordinal:064d}", batch=batches[ordinal >= second],
                split="eval" if rng.random() < EVAL_SHARE else "pool", draw_key=ordinal, **fields,
            )
        )  # fmt: skip
    items = Item.objects.bulk_create(items)
    Progress.objects.create(project=project, next_ordinal=len(items), annotations=len(items))
    now = timezone.now()
    chosen = [(item, labels[item.ordinal]) for item in items if item.split == "eval" or rng.random() < 0.6]
    tasks = Task.objects.bulk_create(
        Task(
            project=project, item=item, annotator=people[rng.integers(3)], state=TaskState.ANSWERED,
            lease_expires_at=now, reason="eval" if item.split == "eval" else "random", pool_size=len(items),
            propensity=1 / len(items), draw=0,
        )
        for item, _ in chosen
    )  # fmt: skip
    Annotation.objects.bulk_create(
        Annotation(
            project=project, item=item, task=task, annotator=task.annotator, answer={"label": label},
            elapsed_ms=int(rng.lognormal(7.3, 0.5)), created_at=now,
        )
        for (item, label), task in zip(chosen, tasks, strict=True)
    )  # fmt: skip
    Item.objects.filter(pk__in=[item.pk for item, _ in chosen]).update(answers=1, slots_taken=1, is_open=False)
    encoder, _ = encoder_versions.encoder_for(project, len(items))
    shards.compute_missing(encoder, len(items), lambda done, of: None)
    encoder_versions.make_current(encoder)
    planted = Planted(project, encoder, rng)
    planted.encoder_state = encoder_versions.fitted(encoder)  # type: ignore[attr-defined]
    return planted


def findings(planted: Planted) -> dict[str, Any]:
    """What the data tests say, as a run would hear it."""
    from learning.families.labels import data_tests, training_data
    from learning.models import EncoderVersion, Run
    from learning.services.features.matrix import FeatureMatrix
    from learning.services.monitoring import leaks
    from learning.services.runs import decide

    leaks._measured.cache_clear()  # contents never change outside of this script
    run = Run(project=planted.project, seed=1, **decide.data_watermark(planted.project))
    matrix = FeatureMatrix(EncoderVersion.objects.get(pk=planted.encoder.pk))
    return {row.name: row for row in data_tests.run_tests(run, training_data.freeze(run), matrix)}


def read_data(name: str, n: int, rng: np.random.Generator) -> tuple[str, list[Any], list[str]] | None:
    """(modality, contents, labels) of n random rows, None where the data is absent."""
    if name == "messages" and (DATA / "txt_sms_spam").exists():
        with gzip.open(DATA / "txt_sms_spam" / "sms_spam.csv.gz", "rt", encoding="utf-8") as file:
            rows = {"".join(filter(str.isalnum, row["text"].casefold())): row for row in csv.DictReader(file)}
        chosen = pick(list(rows.values()), n, rng)
        return "text", [row["text"] for row in chosen], [row["label"] for row in chosen]
    if name == "adults" and (DATA / "tab_adult").exists():
        with gzip.open(DATA / "tab_adult" / "adult.csv.gz", "rt", encoding="utf-8") as file:
            table = list(csv.DictReader(file))
        label = "target"
        chosen = pick(table, n, rng)
        contents = [{key: value for key, value in row.items() if key not in (label, "id", "split")} for row in chosen]
        return "tabular", contents, [row[label] for row in chosen]
    if name == "photos" and (DATA / "img_trashnet").exists():
        with zipfile.ZipFile(DATA / "img_trashnet" / "images.zip") as archive:
            names = pick([name for name in archive.namelist() if name.endswith(".jpg")], n, rng)
            return "image", [archive.read(name) for name in names], [Path(name).parent.name for name in names]
    if name == "clothes" and (DATA / "img_fashion_mnist").exists():
        with np.load(next((DATA / "img_fashion_mnist").glob("*.npz"))) as arrays:
            pixels, truth = arrays["x_train"], arrays["y_train"]
        order = rng.permutation(len(pixels))[:n]
        return "image", [as_png(pixels[row].reshape(28, 28)) for row in order], [str(truth[row]) for row in order]
    return None


def as_png(pixels: np.ndarray) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def pick(rows: list[Any], n: int, rng: np.random.Generator) -> list[Any]:
    return [rows[number] for number in rng.permutation(len(rows))[:n]]


def check_one(name: str, n: int, seed: int) -> tuple[int, int, int] | None:
    """(defects found, defects planted, false alarms) on one draw of one data set."""
    from django.db import transaction

    read = read_data(name, n, np.random.default_rng([seed, n]))
    if read is None:
        return None
    planted = plant_project(*read, seed=seed)
    started = time.process_time()
    clean = findings(planted)
    took = time.process_time() - started
    alarms = [row for row in clean.values() if row.outcome in ("warn", "fail")]
    for row in alarms:
        print(f"   FALSE ALARM on clean data, {row.name}: {row.words}")
    hit = tried = 0
    for test, plant in DEFECTS.items():
        shard = planted.encoder.shards.get()
        before = np.array(features_of(shard))
        with transaction.atomic():
            plant(planted)
            found = findings(planted).get(test)
            transaction.set_rollback(True)
        restore(planted, before)
        if found is None or found.outcome == "skipped":
            print(f"   {test}: cannot tell here ({found.words if found else 'absent'})")
            continue
        tried += 1
        hit += found.outcome in ("warn", "fail")
        if found.outcome == "pass":
            print(f"   MISSED {test}: {found.words}")
    told = sum(row.outcome != "skipped" for row in clean.values())
    print(
        f"{name}, seed {seed}: {hit} of {tried} defects, {len(alarms)} false alarms of {told}, {took:.2f} CPU s",
        flush=True,
    )
    return hit, tried, len(alarms)


def features_of(shard: Any) -> np.ndarray:
    from learning.services.features import shards

    return shards.read_shard(shard)


def restore(planted: Planted, rows: np.ndarray) -> None:
    """The file goes back too: the database was rolled back, files are not."""
    from learning.services import files

    shard = planted.encoder.shards.get()
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(rows))
    files.store(str(Path(shard.path).parent), ".npy", header.getvalue(), rows.data.cast("B"))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--items", type=int, default=700, help="Messages and table rows of a project.")
    parser.add_argument("--pictures", type=int, default=240)
    parser.add_argument("--only", choices=["messages", "adults", "photos", "clothes"])
    options = parser.parse_args()
    total = np.zeros(3, dtype=int)
    with tempfile.TemporaryDirectory(prefix="querent-defects-") as folder:
        os.environ |= {
            "QUERENT_HOME": folder, "SECRET_KEY": "benchmark", "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": "", "LOG_LEVEL": "ERROR",
        }  # fmt: skip
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        for name in [options.only] if options.only else ["messages", "adults", "photos", "clothes"]:
            n = options.pictures if name in ("photos", "clothes") else options.items
            for seed in range(options.seeds):
                outcome = check_one(name, n, seed)
                if outcome is None:
                    print(f"{name}: skipped, the data is absent")
                    break
                total += outcome
    print(f"{len(DEFECTS)} kinds of defect: {total[0]} of {total[1]} planted ones found, {total[2]} false alarms")
    return 0 if total[0] == total[1] and not total[2] else 1


if __name__ == "__main__":
    sys.exit(main())
