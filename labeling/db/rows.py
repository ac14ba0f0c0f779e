"""Model instances of rows, for statements that are run with every question.

``Model.__init__`` may be given anything, so it sets field by field and asks who wants to hear of it; from a row whose
columns are known its result is a dictionary. Checked against Django by ``tests/labeling/test_tasks_prepared.py``.
"""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
from django.db.models.base import ModelState
from django.db.models.signals import post_init, pre_init

M = TypeVar("M", bound=Model)


class Maker(Generic[M]):
    """Makes an instance of some columns of a row, and what is selected with it."""

    def __init__(self, model: type[M], names: Sequence[str], columns: slice, related: Sequence[Any]) -> None:
        self.model, self.names, self.columns = model, names, columns
        self.related = [_Related(populator) for populator in related]
        self.is_plain = (
            model.__init__ is Model.__init__
            and model.from_db.__func__ is Model.from_db.__func__  # type: ignore[attr-defined]  # a class method
            and not pre_init.has_listeners(model)
            and not post_init.has_listeners(model)
        )

    def made_of(self, row: Sequence[Any]) -> M:
        values = row[self.columns]
        made = self._plain(values) if self.is_plain else self.model.from_db(DEFAULT_DB_ALIAS, self.names, values)
        for related in self.related:
            related.join(made, row)
        return made

    def _plain(self, values: Sequence[Any]) -> M:
        made = self.model.__new__(self.model)
        state = made.__dict__["_state"] = ModelState()
        state.adding, state.db = False, DEFAULT_DB_ALIAS
        made.__dict__.update(zip(self.names, values, strict=True))
        return made


class _Related:
    """One relation of ``select_related``: Django's own knowledge of it, the instance made here."""

    def __init__(self, populator: Any) -> None:
        if populator.reorder_for_init:
            raise ValueError("A model that inherits columns is not prepared.")
        columns = slice(populator.cols_start, populator.cols_end)
        self.key = populator.cols_start + populator.pk_idx
        self.maker: Maker[Model] = Maker(
            populator.model_cls, populator.init_list, columns, populator.related_populators
        )
        self.local_setter, self.remote_setter = populator.local_setter, populator.remote_setter

    def join(self, made: Model, row: Sequence[Any]) -> None:
        if row[self.key] is None:
            self.local_setter(made, None)
            return
        other = self.maker.made_of(row)
        self.local_setter(made, other)
        self.remote_setter(other, made)
