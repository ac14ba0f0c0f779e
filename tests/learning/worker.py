"""The Celery application of the tests' worker: the real one, able to stand still at a named place until it is killed.

``PAUSE_FOLDER/at`` names the place as ``module:function:before`` or ``:after``; ``reached`` beside it says it stands.
``PAUSE_FOLDER/fails`` names a function that raises instead.
"""

import errno
import importlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery.signals import worker_process_init

from config.celery import app

PLACES = (
    "learning.families.labels.training_data:freeze",
    "learning.services.features.shards:_save",
    "learning.families.labels.candidates:fit_model",
    "learning.services.pipeline.learn:register",
    "learning.services.files:store",
    "learning.services.registry.promotion:settle",
    "labeling.services.queue.publish:reserve_epoch",
    "learning.families.labels.ranking:rank_pool",
    "labeling.services.queue.publish:_insert",
    "learning.families.labels.ranking:publish",
    "learning.families.pairwise.freeze:freeze",
    "learning.families.pairwise.fit:fit_ranking",
    "learning.families.pairwise.choose:next_pairs",
    "learning.families.pairwise.publish:store",
    "learning.families.pairwise.choose:publish",
    "learning.services.feedback.back:_take",
    "labeling.services.imports.run:_finish",
    "labeling.services.projects.deletion:_delete_in_batches",
    "labeling.services.projects.deletion:_delete_files",
    "labeling.services.projects.overlap:_batch",
    "labeling.services.scheme.relabel:_batch",
)

__all__ = ["PLACES", "app"]


def _stand_if(place: str) -> None:
    folder = Path(os.environ["PAUSE_FOLDER"])
    at = folder / "at"
    if at.exists() and at.read_text() == place:
        (folder / "reached").touch()
        while True:
            time.sleep(60)


def _wrapped(place: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        fails = Path(os.environ["PAUSE_FOLDER"]) / "fails"
        if fails.exists() and fails.read_text() == place:
            raise OSError(errno.ENOSPC, "No space left on device")
        _stand_if(f"{place}:before")
        result = function(*args, **kwargs)
        _stand_if(f"{place}:after")
        return result

    return call


@worker_process_init.connect
def prepare(**_: Any) -> None:
    for place in PLACES:
        module_name, _, name = place.partition(":")
        module = importlib.import_module(module_name)
        setattr(module, name, _wrapped(place, getattr(module, name)))
