"""What leaves a pairwise project besides its raw judgments: preferences, rankings and scores, as rows of an export."""

import math
from collections import Counter
from collections.abc import Iterator
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import QuerySet

from labeling.consensus import LeftOut, left_out
from labeling.kinds import KINDS
from labeling.models import Annotation, Context, Item, Modality, Pair, Project, Reason
from labeling.selectors.columns import Column
from labeling.selectors.export import Filters
from labeling.selectors.row_shapes import RowShape
from learning.core.evaluation.interval_words import around
from learning.families.pairwise.results import shown_version
from learning.models import PairwiseScore

CHUNK_ROWS = 1_000
GRADES = 5
_AT_RANDOM = (Reason.EVAL, Reason.RANDOM)


#: Of the columns of these shapes that no other row has, or that mean something else there.
_MEANINGS = {
    "prompt": "Text of the context, or its facts line by line where it has no text.",
    "chosen": "What most strict answers preferred: its text, for pictures the SHA-256, for table rows the columns.",
    "rejected": "The other of the two.",
    "margin": "Share of the strict answers for the chosen one, less the share for the other.",
    "annotators": "Who gave the strict answers.",
    "votes_chosen": "Strict answers for the chosen one.",
    "votes_rejected": "Strict answers for the other.",
    "ties": "Answers that preferred neither.",
    "chosen_id": "Number of the chosen item.",
    "rejected_id": "Number of the other item.",
    "chosen_external_id": "The id that the chosen item came with.",
    "rejected_external_id": "The id that the other item came with.",
    "purpose": "What the two were compared for.",
    "query_id": "The context's own id, else its number.",
    "query": "Text of the context.",
    "rank": "Place in its context, from 1.",
    "score": "Strength in log-odds: differences within a context say how likely one is preferred.",
    "grade": "Fifths of the chance, 0 to 4.",
    "chance": "Probability of being preferred to an average item of the context.",
    "se": "Standard error of the score.",
    "low": "Lower end of the score's 95 % interval.",
    "high": "Upper end of that interval.",
    "judgments": "How many judgments the item was in.",
    "component": "Items of one number can be compared: judgments connect them.",
    "model_version": "Number of the model version that scored it.",
    "model_verified": "Whether that version passed the gate; scores of one that did not are provisional.",
}


def _columns(**types: str) -> list[Column]:
    return [Column(name, type_, meaning=_MEANINGS.get(name, "")) for name, type_ in types.items()]


def _preference_columns(project: Project) -> list[Column]:
    """A table row that was chosen or rejected is an object."""
    content = "json" if project.modality == Modality.TABULAR else "text"
    return _columns(
        prompt="text", chosen=content, rejected=content, margin="number", annotators="list", votes_chosen="integer",
        votes_rejected="integer", ties="integer", chosen_id="integer", rejected_id="integer", context_id="integer",
        context_facts="json", purpose="text", split="text", chosen_external_id="text", rejected_external_id="text",
        context_external_id="text",
    )  # fmt: skip


RANKINGS = _columns(
    query_id="text", query="text", item_id="integer", external_id="text", rank="integer", score="number",
    grade="integer", model_version="integer", model_verified="boolean", context_id="integer",
    context_external_id="text", chance="number",
)  # fmt: skip
SCORES = _columns(
    item_id="integer", external_id="text", context_id="integer", context="text", split="text", score="number",
    se="number", low="number", high="number", rank="integer", judgments="integer", component="integer",
    model_version="integer", model_verified="boolean",
)  # fmt: skip


def row_shapes() -> dict[str, RowShape]:
    kinds = [kind.name for kind in KINDS.values() if kind.ranks_items]
    return {
        "preferences": RowShape(
            _preference_columns, preferences, lambda project, filters: sum(1 for _ in preferences(project, filters)),
            kinds, ("split", "source", "only"), "Preferences", "one row a pair: prompt, chosen, rejected",
        ),
        "rankings": RowShape(
            lambda project: RANKINGS, rankings, _count_ranked, kinds, (),
            "Rankings", "one row an item of a query, graded",
        ),
        "scores": RowShape(
            lambda project: SCORES, scores, _count_scored, kinds, ("split",),
            "Scores", "one row an item, with its error",
        ),
    }  # fmt: skip


def preferences(project: Project, filters: Filters) -> Iterator[dict[str, Any]]:
    """Pairs whose strict answers have a majority. ``margin`` is the share of those answers that chose, less the share
    that rejected; repeats do not count, ties and pairs split evenly have no preference."""
    pairs = Pair.objects.filter(project=project).select_related("first__asset", "second__asset", "context")
    if filters.split:
        pairs = pairs.filter(split=filters.split)
    last, out = 0, left_out(project, filters.changes)
    while chunk := list(pairs.filter(pk__gt=last).order_by("pk")[:CHUNK_ROWS]):
        last = chunk[-1].pk
        said = _answers_to(chunk, filters, out)
        for pair in chunk:
            if row := _preference(project, pair, said.get(pair.pk, [])):
                yield row


class _PairRevision(NamedTuple):
    """A revision of a judgment; ``answer`` is None when it was taken back. An imported one has no task and no user."""

    annotation_id: int
    task_id: int | None
    pair_id: int
    left_id: int
    first_id: int
    answer: Any
    username: str | None
    imported_annotator: str
    reason: str | None


def _answers_to(pairs: list[Pair], filters: Filters, out: LeftOut) -> dict[int, list[tuple[str, str]]]:
    """By pair: (annotator, ``first``, ``second``, ``tie`` or ``neither``) as of the data set's last annotation."""
    rows = Annotation.objects.filter(pair__gte=pairs[0].pk, pair__lte=pairs[-1].pk, project=pairs[0].project_id)
    if out:
        rows = rows.exclude(out.theirs)
    if filters.last_annotation_id is not None:
        rows = rows.filter(pk__lte=filters.last_annotation_id)
    if filters.source:
        rows = rows.filter(source=filters.source)
    if filters.only == "iid":
        rows = rows.filter(task__reason__in=_AT_RANDOM)
    newest: dict[int, _PairRevision] = {}
    columns = (
        "pk", "task_id", "pair_id", "left_id", "pair__first_id", "answer", "annotator__username",
        "imported_annotator", "task__reason",
    )  # fmt: skip
    for row in map(_PairRevision._make, rows.order_by("pk").values_list(*columns)):
        newest[row.task_id if row.task_id is not None else -row.annotation_id] = row
    said: dict[int, list[tuple[str, str]]] = {}
    for row in sorted(newest.values(), key=attrgetter("annotation_id")):
        if row.answer is not None and row.reason != Reason.REPEAT:
            winner = row.answer["winner"]
            if winner in ("left", "right"):
                winner = "first" if (winner == "left") == (row.left_id == row.first_id) else "second"
            said.setdefault(row.pair_id, []).append((row.username or row.imported_annotator, winner))
    return said


def _preference(project: Project, pair: Pair, said: list[tuple[str, str]]) -> dict[str, Any] | None:
    counts = Counter(winner for _, winner in said)
    if counts["first"] == counts["second"]:
        return None
    sides = [(pair.first, counts["first"]), (pair.second, counts["second"])]
    (chosen, wins), (rejected, losses) = sorted(sides, key=lambda side: -side[1])
    return {
        "prompt": prompt_of(pair.context),
        "chosen": content_of(project, chosen),
        "rejected": content_of(project, rejected),
        "margin": (wins - losses) / (wins + losses),
        "annotators": list(dict.fromkeys(name for name, winner in said if name and winner in ("first", "second"))),
        "votes_chosen": wins,
        "votes_rejected": losses,
        "ties": counts["tie"],
        "chosen_id": chosen.pk,
        "rejected_id": rejected.pk,
        "context_id": pair.context_id,
        "context_facts": pair.context.facts,
        "purpose": pair.context.purpose or project.purpose,
        "split": pair.split,
        "chosen_external_id": chosen.external_id,
        "rejected_external_id": rejected.external_id,
        "context_external_id": pair.context.external_id,
    }


def prompt_of(context: Context) -> str:
    """The text of a context; of one without a text its facts, line by line."""
    return context.text or "\n".join(f"{name}: {value}" for name, value in context.facts)


def content_of(project: Project, item: Item) -> Any:
    """What was judged: the text, the row's columns, the hash of the picture's original."""
    if project.modality == Modality.IMAGE:
        return item.asset.sha256 if item.asset else None
    return item.data if project.modality == Modality.TABULAR else item.text


def rankings(project: Project, filters: Filters) -> Iterator[dict[str, Any]]:
    """Ranked items, query by query, best first."""
    for row in _by_context(_ranked(project)):
        yield {
            "query_id": row.context.external_id or str(row.context_id),
            "query": prompt_of(row.context),
            "item_id": row.item_id,
            "external_id": row.item.external_id,
            "rank": row.rank,
            "score": row.score,
            "grade": grade_of(row.score),
            "model_version": row.model_version.number,
            "model_verified": row.model_version.verified,
            "context_id": row.context_id,
            "context_external_id": row.context.external_id,
            "chance": chance_of(row.score),
        }


def chance_of(score: float) -> float:
    """The probability of being preferred to an average item of the context."""
    return 1.0 / (1.0 + math.exp(-score)) if score > -500 else 0.0


def grade_of(score: float) -> int:
    """0 to 4: fifths of that probability."""
    return min(int(GRADES * chance_of(score)), GRADES - 1)


def scores(project: Project, filters: Filters) -> Iterator[dict[str, Any]]:
    """Every item of every context with its score, best first; those without a rank too."""
    for row in _by_context(_scored(project, filters)):
        low, high = (None, None) if row.se is None else around(row.score, row.se)
        yield {
            "item_id": row.item_id,
            "external_id": row.item.external_id,
            "context_id": row.context_id,
            "context": row.context.text,
            "split": row.item.split,
            "score": row.score,
            "se": row.se,
            "low": low,
            "high": high,
            "rank": row.rank,
            "judgments": row.judgments,
            "component": row.component,
            "model_version": row.model_version.number,
            "model_verified": row.model_version.verified,
        }


def _by_context(rows: "QuerySet[PairwiseScore]") -> Iterator[PairwiseScore]:
    contexts = Context.objects.filter(pk__in=rows.order_by().values("context")).order_by("ordinal")
    for context in contexts.values_list("pk", flat=True):
        within = rows.filter(context=context).select_related("item", "context", "model_version")
        yield from within.order_by("-score", "item_id").iterator(chunk_size=CHUNK_ROWS)


def _scored(project: Project, filters: Filters) -> "QuerySet[PairwiseScore]":
    rows = PairwiseScore.objects.filter(model_version=shown_version(project))
    return rows.filter(item__split=filters.split) if filters.split else rows


def _ranked(project: Project) -> "QuerySet[PairwiseScore]":
    return PairwiseScore.objects.filter(model_version=shown_version(project), rank__isnull=False)


def _count_scored(project: Project, filters: Filters) -> int:
    return _scored(project, filters).count()


def _count_ranked(project: Project, filters: Filters) -> int:
    return _ranked(project).count()
