"""What reviewers see: how much waits, how wrong what nobody suspects is, and an item with what was said of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q

from labeling.extensions import installed
from labeling.kinds import kind_of
from labeling.models import (
    Annotation,
    ItemComment,
    Project,
    ReviewDecision,
    ReviewEntry,
    ReviewPlan,
    ReviewSort,
    Source,
    Verdict,
)
from labeling.selectors.label_names import LabelIdentities, label_names
from labeling.selectors.names import NameOf
from labeling.selectors.opinions import Accepting, Opinions, accepting, opinions_of
from labeling.selectors.people.rates import CountedShare, counted_share
from labeling.selectors.task_json import item_json, utc_text

#: Batches that can be undone by the page, among so many decisions.
_BATCHES, _NEWEST_DECISIONS = 5, 5_000


def waiting(project: Project) -> tuple[int, datetime | None]:
    """Entries of the queue, and when it was filled last: one count by an index, for every page of the project has it.
    Filling reads thousands of answers, so that is left to the page of reviewers."""
    n = ReviewEntry.objects.filter(project=project).count()
    filled = ReviewPlan.objects.filter(project=project).values_list("filled_at", flat=True) if n else ()
    return n, next(iter(filled), None)


def waiting_by_sort(project: Project) -> dict[str, int]:
    rows = ReviewEntry.objects.filter(project=project).order_by().values_list("sort")
    counts = dict(rows.annotate(n=Count("pk")))
    return {sort: counts.get(sort, 0) for sort in ReviewSort.values}


def unsuspected_errors(project: Project) -> CountedShare | None:
    """Of the answers that nobody suspected and that were drawn at random, the share that reviewers changed. What was
    accepted with many others says nothing: nobody looked at it for itself."""
    decided = ReviewDecision.objects.standing().filter(
        project=project, sort=ReviewSort.RANDOM, verdict__in=[Verdict.ACCEPT, Verdict.CHANGE], batch=""
    )
    found = decided.aggregate(n=Count("pk"), wrong=Count("pk", filter=Q(is_same=False)))
    return counted_share(found["wrong"], found["n"])


@dataclass(frozen=True)
class ReviewBatch:
    """Items that were accepted as one and not undone since."""

    name: str
    reviewer: str
    at: datetime
    items: int


def newest_batches(project: Project) -> list[ReviewBatch]:
    """Newest first, of the newest decisions of the project."""
    newest = ReviewDecision.objects.filter(project=project).newest_first().values("pk")[:_NEWEST_DECISIONS]
    rows = ReviewDecision.objects.standing().filter(pk__in=newest).exclude(batch="").order_by()
    grouped = rows.values("batch", "reviewer__username", "created_at").annotate(n=Count("pk"), last=Max("pk"))
    return [
        ReviewBatch(row["batch"], row["reviewer__username"], row["created_at"], row["n"])
        for row in grouped.order_by("-last")[:_BATCHES]
    ]


def entries_json(project: Project, entries: list[ReviewEntry], name_of: NameOf) -> list[dict[str, Any]]:
    """Each with its item as an annotator sees it, why it waits, what everybody said, and what that comes to. Of those
    that are decided blind nothing is told of what was said."""
    ids = [entry.item_id for entry in entries if entry.sort != ReviewSort.BLIND]
    said, comments = opinions_of(project, ids), _comments(ids, name_of)
    names, accepted = label_names(project), accepting(project)
    return [
        {
            "item": entry.item_id,
            "external_id": entry.item.external_id,
            "sort": entry.sort,
            "why": entry.why,
            "split": entry.item.split,
            "claimed_until": utc_text(entry.claimed_until) if entry.claimed_until else None,
            "task": item_json(entry.item, project),
            "comments": comments.get(entry.item_id, []),
            **_opinions_json(project, said.get(entry.item_id, Opinions()), accepted, names, name_of),
        }
        for entry in entries
    ]


def _comments(item_ids: list[int], name_of: NameOf) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    rows = ItemComment.objects.filter(item__in=item_ids).select_related("author", "addressee").oldest_first()
    for row in rows:
        told = {"by": name_of(row.author.get_username()), "text": row.text, "at": utc_text(row.created_at)}
        to = name_of(row.addressee.get_username()) if row.addressee else ""
        found.setdefault(row.item_id, []).append({**told, "to": to, "open": row.is_open})
    return found


def _opinions_json(
    project: Project, said: Opinions, accepted_of: Accepting, names: LabelIdentities, name_of: NameOf
) -> dict[str, Any]:
    accepted = accepted_of(said.consensus)
    flat: Callable[[Any], str] = kind_of(project).flat
    answers = []
    for row in said.answers:
        answer = names.named(row.answer)
        answers.append(
            {
                "by": name_of(_author(row)),
                "imported": row.source == Source.IMPORT,
                "answer": answer,
                "words": flat(answer),
                "elapsed_ms": row.elapsed_ms,
                "at": utc_text(row.created_at),
                **row.remark.told,
            }
        )
    return {
        "answers": answers,
        "accepted": names.named(accepted) if accepted else None,
        "review": names.named(said.review.answer) if said.review else None,
    }


def _author(row: Annotation) -> str:
    return row.annotator.get_username() if row.annotator else row.imported_annotator


def believed_instead(project: Project, item_id: int) -> str:
    """What models say of an item instead of its answer, in words; "" where they do not doubt it."""
    return installed().believed_instead(project, item_id)
