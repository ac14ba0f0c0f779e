"""Querysets compiled once, for the statements of every question and answer: building SQL costs more than running it.

The ORM says what is read and written, so a changed model changes the statement; its SQL is kept with places for the
values. Serving one question and its answer took 13.7 ms of CPU with querysets built anew, of which 1.5 ms was SQL.

Values are integers or texts that the statement uses as they are, never ``None``. Whatever changes the SQL itself, like
a limit or a flag, is a constant (a keyword): each combination is compiled once a thread.
"""

import threading
from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import (
    BooleanField,
    CharField,
    Field,
    FloatField,
    ForeignKey,
    IntegerField,
    JSONField,
    Model,
    QuerySet,
    TextField,
)  # fmt: skip
from django.db.models.base import ModelState
from django.db.models.query import get_related_populators
from django.db.models.sql import UpdateQuery

from labeling.db.driver import Statement
from labeling.db.rows import Maker

M = TypeVar("M", bound=Model)

#: Stand in for the values while the SQL is made; no constant of a query looks like them. They fit every integer column.
_NUMBERS = [2_017_463_501 + place for place in range(128)]
_WORDS = [f"\x02place {place}\x03" for place in range(128)]


class _Sql:
    """A statement with places for its values."""

    def __init__(self, compiler: Any, places: Sequence[int | str]) -> None:
        self.text, params = compiler.as_sql()
        self.params = [(True, places.index(param)) if param in places else (False, param) for param in params]
        if {place for is_place, place in self.params if is_place} != set(range(len(places))):
            raise ValueError("A value does not reach the statement as it is.")
        self.statement = Statement(self.text)

    def rows(self, values: Sequence[int | str]) -> list[tuple[Any, ...]]:
        return self.statement.rows([values[what] if is_place else what for is_place, what in self.params])

    def count(self, values: Sequence[int | str]) -> int:
        return self.statement.count([values[what] if is_place else what for is_place, what in self.params])


def _shape(values: Sequence[int | str], constants: dict[str, Hashable]) -> Hashable:
    """What the SQL depends on. Constants stand in the order of the call: another order is compiled once more."""
    return (len(values), *constants.items()) if constants else len(values)


def _places(values: Sequence[int | str]) -> list[int | str]:
    return [(_WORDS if isinstance(value, str) else _NUMBERS)[place] for place, value in enumerate(values)]


class Prepared(Generic[M]):
    """``Prepared(build)(*values, **constants)`` is the list of ``build(*values, **constants)``, relations included."""

    def __init__(self, build: Callable[..., QuerySet[M]]) -> None:
        self._build = build
        self._compiled = threading.local()

    def __call__(self, *values: int | str, **constants: Hashable) -> list[M]:
        known: dict[Any, _Reading[M]] = self._compiled.__dict__
        key = _shape(values, constants)
        if key not in known:
            places = _places(values)
            known[key] = _Reading(self._build(*places, **constants), places)
        return known[key].rows(values)


class _Reading(Generic[M]):
    def __init__(self, queryset: QuerySet[M], places: Sequence[int | str]) -> None:
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql = _Sql(compiler, places)
        converters = compiler.get_converters([expression for expression, *_ in compiler.select])
        self.convert = [
            (place, _Converter(calls, expression, compiler.connection))
            for place, (calls, expression) in converters.items()
        ]
        self.compiler = compiler
        info = compiler.klass_info
        fields = info["select_fields"]
        columns = slice(fields[0], fields[-1] + 1)
        names = [column[0].target.attname for column in compiler.select[columns]]
        related = get_related_populators(info, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]  # stubs of 6.0
        self.maker = Maker[M](info["model"], names, columns, related)

        self.annotations = list(compiler.annotation_col_map.items())

    def rows(self, values: Sequence[int | str]) -> list[M]:
        rows = self.sql.rows(values)
        return [self._model(row) for row in rows] if rows else []

    def _model(self, row: Sequence[Any]) -> M:
        if self.convert:
            row = list(row)
            for place, convert in self.convert:
                row[place] = convert(row[place])
        made = self.maker.made_of(row)
        for name, column in self.annotations:
            setattr(made, name, row[column])
        return made


class _Converter:
    """What Django makes of a value of the database; what it would make of the commonest is known beforehand."""

    __slots__ = ("calls", "connection", "expression", "is_json", "is_moment", "none")

    def __init__(self, calls: Sequence[Callable[[Any, Any, Any], Any]], expression: Any, connection: Any) -> None:
        self.calls, self.expression, self.connection = calls, expression, connection
        self.none = self._called(None)
        moments = getattr(connection.ops, "convert_datetimefield_value", None)
        self.is_moment = list(calls) == [moments] and connection.timezone == UTC
        self.is_json = [getattr(call, "__func__", None) for call in calls] == [JSONField.from_db_value]

    def __call__(self, value: Any) -> Any:
        if value is None:
            return self.none
        if self.is_moment and isinstance(value, str):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        if self.is_json and value in _EMPTY:
            return [] if value == "[]" else {}
        return self._called(value)

    def _called(self, value: Any) -> Any:
        for call in self.calls:
            value = call(value, self.expression, self.connection)
        return value


_EMPTY = ("{}", "[]")


class _Statement:
    """Compiled once a thread for each number of values and each set of constants."""

    def __init__(self, build: Callable[..., Any]) -> None:
        self._build = build
        self._compiled = threading.local()

    def _compiler(self, built: Any) -> Any:
        raise NotImplementedError

    def _sql(self, values: Sequence[int | str], constants: dict[str, Hashable]) -> _Sql:
        known: dict[Any, _Sql] = self._compiled.__dict__
        key = _shape(values, constants)
        if key not in known:
            places = _places(values)
            known[key] = _Sql(self._compiler(self._build(*places, **constants)), places)
        return known[key]


class PreparedUpdate(_Statement):
    """``build(*values, **constants)`` gives a queryset and what to assign; the call updates and counts the rows."""

    def __init__(self, build: Callable[..., tuple[QuerySet[Any], dict[str, Any]]]) -> None:
        super().__init__(build)

    def __call__(self, *values: int | str, **constants: Hashable) -> int:
        return self._sql(values, constants).count(values)

    def _compiler(self, built: tuple[QuerySet[Any], dict[str, Any]]) -> Any:
        rows, assignments = built
        query = cast("UpdateQuery", rows.query.chain(UpdateQuery))
        query.add_update_values(assignments)
        return query.get_compiler(DEFAULT_DB_ALIAS)


class PreparedRows(_Statement):
    """``build(*values, **constants)`` gives a queryset of ``values_list``; the call, its rows as the database has them.

    For numbers and texts, which need no conversion: a long window of a queue is read without a model a row.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        super().__init__(build)

    def __call__(self, *values: int | str, **constants: Hashable) -> list[tuple[Any, ...]]:
        return self._sql(values, constants).rows(values)

    def _compiler(self, built: QuerySet[Any, Any]) -> Any:
        return built.query.get_compiler(DEFAULT_DB_ALIAS)


class PreparedInsert(Generic[M]):
    """``PreparedInsert(Model)(rows)`` is ``bulk_create`` of new rows, their keys set: one statement, no signals.

    Rows have values, no expressions, in fields of which the database computes none but the key.
    """

    def __init__(self, model: type[M]) -> None:
        self._model = model
        self._compiled = threading.local()

    def __call__(self, rows: Sequence[M]) -> list[M]:
        if not rows:
            return []
        connection = connections[DEFAULT_DB_ALIAS]
        values = [self._value(row, *field, connection) for row in rows for field in self._fields]
        keys = self._statement(len(rows)).rows(values)
        for row, (key,) in zip(rows, keys, strict=True):
            row.pk = key
            row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
        return list(rows)

    def new(self, **values: Any) -> M:
        """As ``Model(**values)`` where every value is of a column, by its ``attname``: defaults fill in the rest."""
        if not self._is_plain:
            return self._model(**values)
        made = self._model.__new__(self._model)
        held = made.__dict__
        held["_state"] = ModelState()
        for name, default in self._defaults:
            held[name] = values.pop(name) if name in values else default()
        if values:
            raise TypeError(f"{self._model.__name__} has no column {', '.join(values)}.")
        return made

    @staticmethod
    def _value(row: M, field: Any, name: str, is_plain: bool, connection: Any) -> Any:
        value = row.__dict__.get(name)
        if is_plain and (value is None or isinstance(value, str | int | float)):
            return value
        return field.get_db_prep_save(field.pre_save(row, add=True), connection)

    @cached_property
    def _is_plain(self) -> bool:
        return Maker(self._model, (), slice(0), ()).is_plain

    @cached_property
    def _defaults(self) -> list[tuple[str, Callable[[], Any]]]:
        fields: Sequence[Any] = self._model._meta.concrete_fields
        return [(field.attname, field._get_default) for field in fields]

    @cached_property
    def _fields(self) -> list[tuple[Any, str, bool]]:
        """Each with the name of its column in an instance, and whether a plain value is stored as it is."""
        fields = [field for field in self._model._meta.concrete_fields if not field.primary_key]
        if computed := [field.name for field in fields if field.has_db_default() or field.generated]:
            raise ValueError(f"The database computes {', '.join(computed)}.")
        return [(field, field.attname, _is_plain(field)) for field in fields]

    def _statement(self, rows: int) -> Statement:
        known: dict[Any, Statement] = self._compiled.__dict__
        if rows not in known:
            quoted = connections[DEFAULT_DB_ALIAS].ops.quote_name
            meta = self._model._meta
            columns = ", ".join(quoted(field.column) for field, *_ in self._fields)
            places = ", ".join([f"({', '.join(['%s'] * len(self._fields))})"] * rows)
            insert = f"INSERT INTO {quoted(meta.db_table)} ({columns}) VALUES {places}"
            known[rows] = Statement(f"{insert} RETURNING {quoted(str(meta.pk.column))}")
        return known[rows]


def _is_plain(field: Any) -> bool:
    """Whether the field stores numbers, texts and None as they are; its own ``pre_save`` may have a mind of its own."""
    if type(field).pre_save is not Field.pre_save:
        return False
    target = field.target_field if isinstance(field, ForeignKey) else field
    is_djangos = type(target).__module__ == Field.__module__
    return is_djangos and isinstance(target, CharField | TextField | IntegerField | FloatField | BooleanField)
