"""What leaves a pairwise project besides its raw judgments: preferences, rankings and scores, as rows of an export."""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import orjson
from django.db.models import QuerySet

from labeling.consensus import left_out
from labeling.db.raw_rows import current_answers, decoder, fetch, usernames
from labeling.kinds import KINDS
from labeling.models import Modality, Project, Reason
from labeling.models.modality import PerModality
from labeling.selectors.columns import Column
from labeling.selectors.export import Filters, bounded
from labeling.selectors.row_shapes import RowShape
from learning.core.evaluation.interval_words import around
from learning.families.pairwise.results import shown_version
from learning.models import ModelVersion, PairwiseScore

CHUNK_ROWS = 1_000
#: Scores of one context that are read at once.
SCORES_AT_ONCE = 20_000
GRADES = 5


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
            kinds, ("split", "source", "sources", "only"), "Preferences", "one row a pair: prompt, chosen, rejected",
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


class _OfPair(NamedTuple):
    """A pair as it is read; ``purpose`` is the context's own, contents are as they are stored."""

    pair_id: int
    split: str
    context_id: int
    text: str
    facts: str
    purpose: str
    context_external_id: str | None
    first_id: int
    first_external_id: str | None
    first_content: str | None
    second_id: int
    second_external_id: str | None
    second_content: str | None


def preferences(project: Project, filters: Filters) -> Iterator[dict[str, Any]]:
    """Pairs whose strict answers have a majority. ``margin`` is the share of those answers that chose, less the share
    that rejected; repeats do not count, ties and pairs split evenly have no preference."""
    filters = bounded(project, filters)
    content, joined = _CONTENT.of(project.modality)
    sql = f"""SELECT p.id, p.split, c.id, c.text, c.facts, c.purpose, c.external_id,
            f.id, f.external_id, {content.format("f")}, s.id, s.external_id, {content.format("s")}
        FROM labeling_pair p JOIN labeling_context c ON c.id = p.context_id
        JOIN labeling_item f ON f.id = p.first_id JOIN labeling_item s ON s.id = p.second_id
        {joined.format("f")} {joined.format("s")}
        WHERE p.project_id = %s AND p.id > %s{" AND p.split = %s" if filters.split else ""}
        ORDER BY p.id LIMIT {CHUNK_ROWS}"""
    answers_to, row_of = _answers(project, filters), _preferring(project)
    last = 0
    while found := fetch(sql, [project.pk, last, *([filters.split] if filters.split else [])]):
        pairs = list(map(_OfPair._make, found))
        last = pairs[-1].pair_id
        said = answers_to(pairs[0].pair_id, last)
        for pair in pairs:
            if (given := said.get(pair.pair_id)) and (row := row_of(pair, given)):
                yield row


#: What was judged, by the alias of its item, and what has to be joined for it: the text, the row's columns, the hash of
#: the picture's original.
_CONTENT = PerModality(
    text=("{0}.text", ""),
    image=("{0}_asset.sha256", "LEFT JOIN labeling_asset {0}_asset ON {0}_asset.id = {0}.asset_id"),
    tabular=("{0}.data", ""),
)


#: (annotator, ``first``, ``second``, ``tie`` or ``neither``)
_Said = tuple[str, str]


def _answers(project: Project, filters: Filters) -> Callable[[int, int], dict[int, list[_Said]]]:
    """Reads what was said of the pairs between two numbers, as of the data set's last annotation."""
    where, params = current_answers(project, filters.last_annotation_id or 0, asked="p", **filters.choosing)
    sql = f"""SELECT a.pair_id, a.answer, a.left_id = p.first_id, a.annotator_id, NULLIF(a.imported_annotator, '')
        FROM labeling_annotation a JOIN labeling_pair p ON p.id = a.pair_id
        LEFT JOIN labeling_task t ON t.id = a.task_id
        WHERE {where} AND a.pair_id >= %s AND a.pair_id <= %s AND (t.reason IS NULL OR t.reason <> %s) ORDER BY a.id"""
    out, decoded, username_of = left_out(project, filters.changes), decoder(), usernames()

    def answers_to(first: int, last: int) -> dict[int, list[_Said]]:
        said: dict[int, list[_Said]] = {}
        for pair_id, answer, is_first_left, user, imported_by in fetch(sql, [*params, first, last, Reason.REPEAT]):
            if out.covers(user, imported_by or ""):
                continue
            winner = decoded(answer)["winner"]
            if winner in ("left", "right"):
                winner = "first" if (winner == "left") == bool(is_first_left) else "second"
            said.setdefault(pair_id, []).append((username_of(user) or imported_by or "", winner))
        return said

    return answers_to


def _preferring(project: Project) -> Callable[[_OfPair, list[_Said]], dict[str, Any] | None]:
    """Makes the row of a pair; None where neither is preferred."""
    decoded = decoder()
    shown: Callable[[Any], Any] = orjson.loads if project.modality == Modality.TABULAR else lambda content: content

    def row_of(pair: _OfPair, said: list[_Said]) -> dict[str, Any] | None:
        winners = [winner for _, winner in said]
        wins, losses = winners.count("first"), winners.count("second")
        if wins == losses:
            return None
        two = (
            (pair.first_id, pair.first_external_id, pair.first_content),
            (pair.second_id, pair.second_external_id, pair.second_content),
        )
        chosen, rejected = two if wins > losses else two[::-1]
        wins, losses = max(wins, losses), min(wins, losses)
        facts = decoded(pair.facts)
        return {
            "prompt": pair.text or prompt_of(facts),
            "chosen": shown(chosen[2]),
            "rejected": shown(rejected[2]),
            "margin": (wins - losses) / (wins + losses),
            "annotators": list(dict.fromkeys(name for name, winner in said if name and winner in ("first", "second"))),
            "votes_chosen": wins,
            "votes_rejected": losses,
            "ties": winners.count("tie"),
            "chosen_id": chosen[0],
            "rejected_id": rejected[0],
            "context_id": pair.context_id,
            "context_facts": facts,
            "purpose": pair.purpose or project.purpose,
            "split": pair.split,
            "chosen_external_id": chosen[1],
            "rejected_external_id": rejected[1],
            "context_external_id": pair.context_external_id,
        }

    return row_of


def prompt_of(facts: list[list[Any]]) -> str:
    """What stands for the text of a context without one: its facts, line by line."""
    return "\n".join(f"{name}: {value}" for name, value in facts)


class _OfScore(NamedTuple):
    """A score as it is read."""

    ordinal: int
    context_id: int
    context_external_id: str | None
    text: str
    facts: str
    item_id: int
    external_id: str | None
    split: str
    score: float
    se: float | None
    rank: int | None
    judgments: int
    component: int


def rankings(project: Project, filters: Filters) -> Iterator[dict[str, Any]]:
    """Ranked items, query by query, best first."""
    version, decoded = shown_version(project), decoder()
    if version is None:
        return
    for row in _scores(project, version, "s.rank IS NOT NULL"):
        chance = chance_of(row.score)
        yield {
            "query_id": row.context_external_id or str(row.context_id),
            "query": row.text or prompt_of(decoded(row.facts)),
            "item_id": row.item_id,
            "external_id": row.external_id,
            "rank": row.rank,
            "score": row.score,
            "grade": grade_of(chance),
            "model_version": version.number,
            "model_verified": version.verified,
            "context_id": row.context_id,
            "context_external_id": row.context_external_id,
            "chance": chance,
        }


def chance_of(score: float) -> float:
    """The probability of being preferred to an average item of the context."""
    return 1.0 / (1.0 + math.exp(-score)) if score > -500 else 0.0


def grade_of(chance: float) -> int:
    """0 to 4: fifths of that probability."""
    return min(int(GRADES * chance), GRADES - 1)


def scores(project: Project, filters: Filters) -> Iterator[dict[str, Any]]:
    """Every item of every context with its score, best first; those without a rank too."""
    version = shown_version(project)
    if version is None:
        return
    where, params = ("i.split = %s", [filters.split]) if filters.split else ("", [])
    for row in _scores(project, version, where, *params):
        low, high = (None, None) if row.se is None else around(row.score, row.se)
        yield {
            "item_id": row.item_id,
            "external_id": row.external_id,
            "context_id": row.context_id,
            "context": row.text,
            "split": row.split,
            "score": row.score,
            "se": row.se,
            "low": low,
            "high": high,
            "rank": row.rank,
            "judgments": row.judgments,
            "component": row.component,
            "model_version": version.number,
            "model_verified": version.verified,
        }


def _ranges(project: Project) -> Iterator[tuple[int, int]]:
    """Contexts by their ordinals, from and to, with few items together or alone."""
    sql = f"""SELECT ordinal, items FROM labeling_context WHERE project_id = %s AND ordinal > %s
        ORDER BY ordinal LIMIT {CHUNK_ROWS}"""
    last = -1
    while found := fetch(sql, [project.pk, last]):
        first, held = found[0][0], 0
        for ordinal, items in found:
            if held and held + items > CHUNK_ROWS:
                yield first, last
                first, held = ordinal, 0
            last, held = ordinal, held + items
        yield first, last


def _scores(project: Project, version: ModelVersion, where: str, *params: Any) -> Iterator[_OfScore]:
    """The scores of a version, context by context, best first: some contexts at a time, and of a context with many
    items some of these at a time."""
    sql = f"""SELECT c.ordinal, c.id, c.external_id, c.text, c.facts, i.id, i.external_id, i.split,
            s.score, s.se, s.rank, s.judgments, s.component
        FROM labeling_context c JOIN learning_pairwisescore s ON s.context_id = c.id AND s.model_version_id = %s
        JOIN labeling_item i ON i.id = s.item_id
        WHERE c.project_id = %s AND c.ordinal >= %s AND c.ordinal <= %s{f" AND {where}" if where else ""}"""
    after = " AND (c.ordinal > %s OR s.score < %s OR (s.score = %s AND i.id > %s))"
    order = f" ORDER BY c.ordinal, s.score DESC, i.id LIMIT {SCORES_AT_ONCE}"
    for first, last in _ranges(project):
        found = fetch(f"{sql}{order}", [version.pk, project.pk, first, last, *params])
        while found:
            rows = list(map(_OfScore._make, found))
            yield from rows
            if len(rows) < SCORES_AT_ONCE:
                break
            end = rows[-1]
            given = [version.pk, project.pk, end.ordinal, last, *params]
            found = fetch(f"{sql}{after}{order}", [*given, end.ordinal, end.score, end.score, end.item_id])


def _scored(project: Project, filters: Filters) -> "QuerySet[PairwiseScore]":
    rows = PairwiseScore.objects.filter(model_version=shown_version(project))
    return rows.filter(item__split=filters.split) if filters.split else rows


def _ranked(project: Project) -> "QuerySet[PairwiseScore]":
    return PairwiseScore.objects.filter(model_version=shown_version(project), rank__isnull=False)


def _count_scored(project: Project, filters: Filters) -> int:
    return _scored(project, filters).count()


def _count_ranked(project: Project, filters: Filters) -> int:
    return _ranked(project).count()
