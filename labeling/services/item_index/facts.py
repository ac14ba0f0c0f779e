"""What the index says of items: by themselves, by their state, and by what was answered."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import orjson

from labeling.consensus import NAMED, Consensus, Given, LeftOut, left_out, remembering
from labeling.db.bitmaps import BLOCK, FULL
from labeling.kinds import kind_of
from labeling.models import Annotation, FacetBlock, Item, ItemStatus, KnownAnswer, Project, Source, Split
from labeling.selectors.label_names import LabelIdentities, label_names
from labeling.services.item_index.blocks import BitsByBlock, put

OF_ITEMS = ("split", "batch", "origin")
OF_STATES = ("status", "because", "gold")
OF_ANSWERS = ("answered", "label", "known", "people", "dispute", "annotator", "reviewed", "remark")
#: Origins that are told apart; what has another one counts as this.
MOST_ORIGINS = 500
OTHER_ORIGIN = "…"
_ITEMS_AT_ONCE = 2_000


def index_new_items(project: Project, first: int, end: int) -> None:
    """What never changes of the items of these ordinals."""
    found = BitsByBlock()
    origins = set(
        FacetBlock.objects.filter(project=project, facet="origin", block__lt=0).values_list("value", flat=True)
    )
    rows = Item.objects.filter(project=project, ordinal__gte=first, ordinal__lt=end).order_by("ordinal")
    for ordinal, split, batch, origin in rows.values_list("ordinal", "split", "batch", "origin").iterator():
        if split == Split.EVAL:
            found.add(ordinal, "split", Split.EVAL)
        if batch is not None:
            found.add(ordinal, "batch", str(batch))
        if origin:
            if origin not in origins:
                origin = origin if len(origins) < MOST_ORIGINS else OTHER_ORIGIN
                origins.add(origin)
            found.add(ordinal, "origin", origin)
    for block in found.blocks:
        put(project.pk, block, OF_ITEMS, 0, found.of(block))


def index_states(project: Project, n_items: int) -> None:
    """Which items are set aside and which are gold, all of them: there are few."""
    found = BitsByBlock()
    aside = Item.objects.filter(project=project, status=ItemStatus.SET_ASIDE).order_by()
    for ordinal, because in aside.values_list("ordinal", "set_aside_because").iterator():
        found.add(ordinal, "status", ItemStatus.SET_ASIDE)
        if because:
            found.add(ordinal, "because", because)
    known = KnownAnswer.objects.filter(project=project, item__isnull=False).order_by()
    for ordinal in known.values_list("item__ordinal", flat=True).iterator():
        found.add(ordinal, "gold", "yes")
    for block in range(-(-n_items // BLOCK)):
        put(project.pk, block, OF_STATES, FULL, found.of(block))


class AnswersRead:
    """Reads answers under the labels of now and without the people left out; ``signature`` names both."""

    def __init__(self, project: Project) -> None:
        self.project, self.kind = project, kind_of(project)
        self.scheme: LabelIdentities = label_names(project)
        self.out: LeftOut = left_out(project)
        told = [sorted(self.scheme.present.items()), sorted(self.scheme.split), sorted(self.out.users)]
        said = json.dumps([*told, sorted(self.out.names)])
        self.signature = hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()

    def index(self, item_ids: Iterable[int]) -> list[int]:
        """Says anew what was answered about the items; returns their blocks."""
        ids = sorted(set(item_ids))
        found, about = BitsByBlock(), BitsByBlock()
        consensus_of = remembering(self.kind, orjson.loads, self.project.labels.all_keys())
        for start in range(0, len(ids), _ITEMS_AT_ONCE):
            some = ids[start : start + _ITEMS_AT_ONCE]
            answers: dict[int, list[tuple[Any, ...]]] = {}
            rows = Annotation.objects.current().filter(item__in=some).order_by("pk")
            said = ("annotator", "imported_annotator", "source", "answer", "doubt", "comment")
            for item, *row in rows.values_list("item", *said):
                answers.setdefault(item, []).append(tuple(row))
            items = Item.objects.filter(pk__in=some).order_by().values_list("pk", "ordinal", "answers")
            for pk, ordinal, by_people in items:
                about.add(ordinal, "", "")
                if by_people:
                    found.add(ordinal, "answered", "yes")
                self._add(found, ordinal, answers.get(pk, []), consensus_of)
        for block in about.blocks:
            put(self.project.pk, block, OF_ANSWERS, about.of(block)["", ""], found.of(block))
        return about.blocks

    def _add(self, found: BitsByBlock, ordinal: int, answers: list[tuple[Any, ...]], consensus_of: Any) -> None:
        given = []
        for user, name, source, answer, doubt, comment in answers:
            if doubt:
                found.add(ordinal, "remark", "doubted")
            if comment:
                found.add(ordinal, "remark", "commented")
            if source in (Source.HUMAN, Source.IMPORT) and (user or name):
                found.add(ordinal, "annotator", f"u{user}" if user else f"i{name}")
            if source == Source.MACHINE or self.out.covers(user, name) or not self.scheme.counts(answer):
                continue
            if source == Source.REVIEW:
                found.add(ordinal, "reviewed", "yes")
            text = json.dumps(self.scheme.read(answer), sort_keys=True)
            given.append(Given(text, NAMED if name else source))
        if given:
            self._add_consensus(found, ordinal, given, consensus_of(tuple(given)))

    def _add_consensus(self, found: BitsByBlock, ordinal: int, given: list[Given], told: Consensus) -> None:
        labels = told.labels
        if told.tied:  # it is found by all that was said
            labels = tuple({label for one in given for label in self.kind.labels_of(orjson.loads(one.text))})
        else:
            found.add(ordinal, "known", "yes")
        for label in labels:
            found.add(ordinal, "label", label)
        if told.agreement is not None:
            found.add(ordinal, "people", "same" if told.agreement == 1 else "differ")
            if told.agreement < 1:
                found.add(ordinal, "dispute", f"{min(99, max(1, round(100 * (1 - told.agreement)))):02d}")
