"""Where an item belongs besides its project: nowhere, or in a context, where it has a place."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar

from labeling.models import Context, ItemStatus, Progress, Project, Split
from labeling.services.imports.contexts import ContextRow, side_of
from labeling.services.imports.records.rows import Rejection, Row
from labeling.services.items.assets import asset_ids
from labeling.services.items.partners import count_partners


class Places:
    """Items belong nowhere."""

    #: columns of an item that say where it belongs; ``of`` has their values
    fields: ClassVar[tuple[str, ...]] = ()

    def find(self, rows: list[Row]) -> "tuple[list[Row], list[Rejection], Counter[str]]":
        """The rows that have a place, the others, and what finding them moved in Progress."""
        return rows, [], Counter()

    def side(self, row: Row, split: str) -> str:
        """The side of an item, whose own side is ``split``."""
        return split

    def misnamed(self, row: Row, external_id: str | None) -> str:
        """Why a row is no duplicate of the item that has its content, under this id; "" when it is one."""
        return ""

    def of(self, row: Row) -> tuple[Any, ...]:
        """Gives an item its place."""
        return ()

    def filled(self, fresh: Sequence[tuple[Row, str]]) -> "Counter[str]":
        """The items are in; what that moves in Progress."""
        return Counter()


class PlacesInContexts(Places):
    """Every item belongs to a context, which a row describes or names."""

    fields = ("in_context", "place")

    def __init__(self, project: Project) -> None:
        self.project = project
        self.contexts: dict[str, Context] = {}
        self.next_place: dict[int, int] = {}

    def find(self, rows: list[Row]) -> "tuple[list[Row], list[Rejection], Counter[str]]":
        made = self._load(rows)
        good, refused = [], []
        for row in rows:
            reason, field = self._misfit(row)
            if reason:
                refused.append(Rejection(row.number, reason, field, row.external_id or ""))
                continue
            context = self._context_of(row)
            row.context = context.text
            if context.split == Split.EVAL:
                row.split = Split.EVAL.value
            good.append(row)
        return good, refused, Counter(contexts=made)

    def side(self, row: Row, split: str) -> str:
        return Split.EVAL.value if self._context_of(row).split == Split.EVAL else split

    def misnamed(self, row: Row, external_id: str | None) -> str:
        """A pair may name the content by the id that this row calls it."""
        if not row.external_id or not external_id or row.external_id == external_id:
            return ""
        return f"Its context holds the same content already, as {external_id}."

    def of(self, row: Row) -> tuple[Any, ...]:
        context = self._context_of(row)
        place = self.next_place.setdefault(context.pk, context.items)
        self.next_place[context.pk] += 1
        return context.pk, place

    def filled(self, fresh: Sequence[tuple[Row, str]]) -> "Counter[str]":
        added: defaultdict[int, Counter[str]] = defaultdict(Counter)
        by_pk = {context.pk: context for context in self.contexts.values()}
        for row, split in fresh:
            added[self._context_of(row).pk][split] += 1
        moved: Counter[str] = Counter()
        for pk, counts in added.items():
            moved.update(
                count_partners(by_pk[pk], pool=counts[Split.POOL], evals=counts[Split.EVAL], items=counts.total())
            )
        return moved

    def _context_of(self, row: Row) -> Context:
        assert row.about is not None
        return self.contexts[row.about.content_hash]

    def _load(self, rows: list[Row]) -> int:
        """Reads the contexts of the rows and makes those that a row describes; the number made."""
        self.next_place = {}
        wanted = {row.about.content_hash: row.about for row in rows if row.about}
        there = Context.objects.filter(project=self.project, content_hash__in=list(wanted)).select_related("asset")
        self.contexts = {context.content_hash: context for context in there}
        described: dict[str, ContextRow] = {}
        for row in rows:
            if row.about and row.about.describes:  # what the first row says holds, as across chunks
                described.setdefault(row.about.content_hash, row.about)
        return self._make([described[key] for key in described if key not in self.contexts])

    def _make(self, described: Sequence[ContextRow]) -> int:
        if not described:
            return 0
        first = Progress.objects.values_list("contexts", flat=True).get(project=self.project)
        seed, share = self.project.split_seed, self.project.eval_share
        assets = asset_ids(self.project, [row.picture for row in described if row.picture])
        made = Context.objects.bulk_create(
            Context(
                project=self.project, ordinal=ordinal, external_id=row.external_id, text=row.text, purpose=row.purpose,
                facts=row.facts, split=side_of(row, seed, ordinal, share), content_hash=row.content_hash,
                asset_id=assets[row.picture.sha256] if row.picture else None,
            )
            for ordinal, row in enumerate(described, first)
        )  # fmt: skip
        self.contexts |= {context.content_hash: context for context in made}
        return len(made)

    def _misfit(self, row: Row) -> tuple[str, str]:
        """Why the row cannot go into its context, and the column; ("", "") when it can."""
        assert row.about is not None
        context = self.contexts.get(row.about.content_hash)
        if context is None:
            return (
                f"There is no context {row.about.external_id!r} yet, and this row does not describe it.",
                "context_id",
            )
        if wrong := row.about.contradiction(context):
            return f"The context {str(context)[:80]!r} is known with another {wrong}.", "context"
        if context.status != ItemStatus.ACTIVE:
            return f"The context {str(context)[:80]!r} is set aside; restore it first.", "context"
        if context.split == Split.EVAL and row.split == Split.POOL:
            return "Its context is held out: all its items are in the eval split.", "split"
        return "", ""
