"""Asks for similar items. What was found for the same is told again while features and items are the same."""

import hashlib
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from labeling.models import Action, Item, JobState, Modality, Project, User
from labeling.models.job_record import NO_WAIT, UNFINISHED
from labeling.selectors.access import require
from labeling.services.jobs.enqueue import enqueue_on_commit
from labeling.services.validation.errors import Invalid
from learning.models import EncoderVersion, SimilarSearch
from learning.services.maps.ask import items_with_features

JOB = "learning.find_similar"
LONGEST_TEXT = 20_000
LARGEST_PICTURE_BYTES = 8 * 1024 * 1024
#: Of a project; older ones go when somebody asks.
MOST_KEPT = 500
#: Of one person in a project, so that nobody fills the queue, or the database with pictures.
MOST_WAITING = 20


def ask_about_item(user: User, project: Project, item: Item) -> SimilarSearch:
    """The search, queued or found already. Raises Invalid (project) while there are no features."""
    return _ask(user, project, f"item:{item.pk}", item=item)


def ask_about_text(user: User, project: Project, text: str) -> SimilarSearch:
    """The same of a text. Raises Invalid (text; project)."""
    if project.modality != Modality.TEXT:
        raise Invalid("text", "The items of this project are no texts.")
    text = text.strip()
    if not text or "\0" in text:
        raise Invalid("text", "There is no text to compare with.")
    if len(text) > LONGEST_TEXT:
        raise Invalid("text", f"At most {LONGEST_TEXT:,} characters.")
    return _ask(user, project, f"text:{text}", text=text)


def ask_about_picture(user: User, project: Project, content: bytes) -> SimilarSearch:
    """The same of a picture, which a worker decodes. Raises Invalid (picture; project)."""
    if project.modality != Modality.IMAGE:
        raise Invalid("picture", "The items of this project are no pictures.")
    if not content:
        raise Invalid("picture", "There is no picture to compare with.")
    if len(content) > LARGEST_PICTURE_BYTES:
        raise Invalid("picture", f"At most {LARGEST_PICTURE_BYTES // 1024**2} MB.")
    return _ask(user, project, f"picture:{hashlib.sha256(content).hexdigest()}", picture=content)


def _ask(user: User, project: Project, what: str, **fields: Any) -> SimilarSearch:
    require(user, project, Action.ITEMS_READ)
    encoder = EncoderVersion.objects.filter(project=project, is_current=True).first()
    if encoder is None:
        raise Invalid("project", "There are no features of the items yet: the first run computes them.")
    now = {"encoder": encoder.version, "items": items_with_features(encoder)}
    key = hashlib.sha256(what.encode("utf-8", "replace")).hexdigest()
    with transaction.atomic():
        found, is_new = SimilarSearch.objects.get_or_create(
            project=project, key=key, defaults={**fields, **now, "requested_by": user}
        )
        same = (found.encoder, found.items) == (now["encoder"], now["items"])
        if not is_new and found.state == JobState.DONE and same:
            return found
        waiting = SimilarSearch.objects.filter(project=project, requested_by=user).unfinished().exclude(pk=found.pk)
        if waiting.count() >= MOST_WAITING:
            raise Invalid("project", f"{MOST_WAITING} searches of yours wait already: ask again when they are done.")
        if not is_new:
            again = SimilarSearch.objects.filter(pk=found.pk).exclude(state__in=UNFINISHED)
            fields |= {"state": JobState.QUEUED, "created_at": Now(), "started_at": None, "finished_at": None}
            if not again.update(**fields, **now, requested_by=user, **NO_WAIT):
                return found  # somebody waits for the same
        enqueue_on_commit(JOB, found.pk)
        _let_go_of_old_ones(project)
    found.refresh_from_db()
    return found


def _let_go_of_old_ones(project: Project) -> None:
    kept = SimilarSearch.objects.filter(project=project).order_by("-created_at", "-pk").values("pk")
    old = list(kept.exclude(state__in=UNFINISHED).values_list("pk", flat=True)[MOST_KEPT : 2 * MOST_KEPT])
    if old:
        SimilarSearch.objects.filter(pk__in=old).delete()
