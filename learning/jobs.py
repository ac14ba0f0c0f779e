"""Doorways for Celery: ids in, a service called, a small dict out."""

import gc
from random import SystemRandom
from typing import Any

from billiard.compat import mem_rss
from celery import shared_task
from celery.signals import worker_init
from django.conf import settings

from labeling.services.jobs.enqueue import enqueue_on_commit as enqueue
from learning.models import Trigger
from learning.services import files
from learning.services.distillation.run import run_distillation
from learning.services.features import parts
from learning.services.feedback.look import look
from learning.services.maps import ask, draw
from learning.services.pipeline import rank as ranking
from learning.services.pipeline import run, warm, without
from learning.services.prediction_files.run import run_file
from learning.services.runs import decide as decisions
from learning.services.similar import search


@shared_task(name="learning.decide")
def decide(project_id: int, trigger: str | None = None) -> dict[str, Any]:
    """Decides, and trains at once in this very job: a second trip through the broker would cost the annotator time."""
    run = decisions.decide(project_id, Trigger(trigger) if trigger else None)
    return run_training(run.pk) if run else {"project": project_id, "run": None}


@shared_task(name="learning.run_training")
def run_training(run_pk: int) -> dict[str, Any]:
    outcome = run.run_training(run_pk)
    for waiting in run.waiting_after(run_pk):
        enqueue("learning.run_training", waiting)
    ask.after_run(run_pk)
    return outcome


@shared_task(name="learning.draw_map")
def draw_map(pk: int) -> dict[str, Any]:
    return draw.run_drawing(pk)


@shared_task(name="learning.train_without")
def train_without(pk: int) -> dict[str, Any]:
    return without.run_without(pk)


@shared_task(name="learning.distil")
def distil_model(pk: int) -> dict[str, Any]:
    return run_distillation(pk)


@shared_task(name="learning.find_similar")
def find_similar(pk: int) -> dict[str, Any]:
    return search.run_search(pk)


@shared_task(name="learning.answer_file")
def answer_file(pk: int) -> dict[str, Any]:
    return run_file(pk)


@shared_task(name="learning.help_with_features")
def help_with_features(version_pk: int) -> dict[str, Any]:
    return parts.help_with(version_pk)


@shared_task(name="learning.rank")
def rank(project_id: int) -> dict[str, Any]:
    return {"project": project_id, "epoch": ranking.rank_again(project_id)}


@shared_task(name="learning.look_at_production")
def look_at_production(project_id: int) -> dict[str, Any]:
    return look(project_id, SystemRandom())


@shared_task(name="learning.remove_files")
def remove_files(project_id: int) -> dict[str, Any]:
    return {"removed": files.remove_folder(f"learning/{project_id}")}


@worker_init.connect
def warm_up(sender: Any = None, **_: Any) -> None:
    """Once, before the worker forks: a new process is ready at once and shares the memory of what was loaded. One that
    has grown in a job makes room for such a one."""
    warm.load()
    if settings.WORKER_MAY_GROW_MB:
        sender.max_memory_per_child = mem_rss() + 1024 * settings.WORKER_MAY_GROW_MB
    gc.collect()
    gc.freeze()  # else the collector touches, and so copies, what the processes share
