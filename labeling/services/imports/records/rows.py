"""From a record, as a reader found it, to a row that can be stored: reserved columns, limits, hashes, the draw."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from struct import Struct
from typing import TYPE_CHECKING, Any

import orjson
from django.conf import settings

from labeling.kinds import InvalidAnswer, LabelNames, Question, kind_of
from labeling.kinds.cells import group_key, is_missing
from labeling.kinds.spelling import canonical
from labeling.models import Item, Modality, Project
from labeling.models.remark import Remark
from labeling.selectors.label_names import former_names, label_names
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.notes import ImportNotes
from labeling.services.imports.records.fingerprints import (
    SORTED_JSON,
    asked_of_row,
    content_hash,
    has_whole_floats,
    number_once,
)
from labeling.services.imports.records.own_exports import MARKS, NOTE, OWN_IMAGE, OwnExport
from labeling.services.imports.records.values import (
    ANNOTATOR,
    AS_WRITTEN,
    EXPLANATION,
    GOLD,
    SHORT,
    as_split,
    as_text,
    storable,
    utf8_of,
)
from labeling.services.items.assets import asset_of
from labeling.services.items.decoding import PictureRejected
from labeling.services.items.pictures import PictureFacts, inspect

if TYPE_CHECKING:
    from labeling.services.imports.contexts import ContextRow

#: Key under which a reader hands over the bytes of a row's picture.
PICTURE = "\0picture"
#: Key under which the identity of a row's context is handed over, where that is more than its text.
CONTEXT = "\0context"
#: Key under which a reader hands over the picture of a row's context: what it is, and its bytes the first time.
CONTEXT_PICTURE = "\0context picture"

#: Key under which a reader hands over what people said of an item by their names: pairs of a name and a label.
BY_NAME = "\0by name"
#: Key of what people said with their answers: a Remark by the name; "" for the answer that is nobody's.
REMARKS = "\0remarks"
MAX_NAME = 150
MAX_EXPLANATION = 2_000

_JSON = orjson.OPT_NON_STR_KEYS
_LONG_NUMBER = "1 row holds a whole number of more than 64 bits, which is kept as text, digit for digit."
_LONG_NUMBERS = "{count} rows hold whole numbers of more than 64 bits, which are kept as text, digit for digit."
_NAME_ALONE = "1 row says who gave an answer and gives none."
_NAMES_ALONE = "{count} rows say who gave an answer and give none."
ROW_CELLS = 4  # cells of the greatest size that one row may hold
_SPAN = 2**64
_NONE: Mapping[str, Remark] = {}
#: The first 16 bytes of a digest as two whole numbers: the side is drawn by the first, the place by the second.
_two_draws = Struct(">QQ").unpack_from


@dataclass(slots=True)
class Rejection:
    number: int
    reason: str
    field: str = ""
    name: str = ""


@dataclass(slots=True)
class Row:
    """A good row. ``split`` is set when the file says so; ``drawn`` is what the seeded hash says."""

    number: int
    content_hash: str
    text: str
    data: str
    external_id: str | None
    context: str
    group: str
    origin: str
    split: str
    drawn: str
    draw_key: int
    answer: str | None
    picture: PictureFacts | None = None
    content: bytes = b""
    about: "ContextRow | None" = None
    #: the hash under which earlier versions stored this row of a table, where it is another
    earlier_hash: str = ""
    #: further answers, of people by their names; ``answer`` is nobody's in particular
    by_name: tuple[tuple[str, str], ...] = ()
    #: the answer known to be true, and why it is
    gold: tuple[str, str] | None = None
    #: what people said with their answers, by their names; "" for the answer that is nobody's
    remarks: Mapping[str, Remark] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        return len(self.text) + len(self.data) + len(self.content)

    @property
    def answers(self) -> tuple[str, ...]:
        """All of them."""
        return (*(() if self.answer is None else (self.answer,)), *(answer for _, answer in self.by_name))

    @property
    def said(self) -> tuple[tuple[str, str], ...]:
        """All of them by the names of who gave them; nobody's in particular by ""."""
        return (*(() if self.answer is None else (("", self.answer),)), *self.by_name)

    @property
    def n_by_name(self) -> int:
        return len(self.by_name)


class RowBuilder:
    """Builds rows for one project. Holds the label set and the seed, so that a row costs no query."""

    def __init__(self, project: Project, notes: ImportNotes | None = None) -> None:
        #: what to tell the person about the rows
        self.notes = notes if notes is not None else ImportNotes()
        self.project_id = project.pk
        self.modality = project.modality
        self.seed = project.split_seed
        self.eval_below = int(project.eval_share * _SPAN)
        self.kind = kind_of(project)
        self.labels = LabelNames(project.labels.names(), former_names(project))
        self.label_names = label_names(project)
        self.own_export = OwnExport(project)
        self.max_bytes = settings.IMPORT_MAX_CELL_BYTES
        #: whether rows may come that versions before 0063 have stored
        self.has_items = self.modality == Modality.TABULAR and project.items.exists()
        #: a table that has a feature of this name keeps it one
        self.takes_gold = self.kind.answers_are_of_items and not {GOLD, EXPLANATION} & set(project.columns)
        self._answers: dict[str, str] = {}
        #: (label, question) -> canonical answer; another where the import brings the labels of the project
        self.answer_of: Callable[[Any, Question], dict[str, Any]] = self._answer_in_use
        #: columns of table rows in the order they were first seen
        self.columns: dict[str, None] = {}

    def build(self, number: int, record: dict[str, Any]) -> Row:
        """The row of a record (which is consumed). Raises RowRejected."""
        if "soft_label" in record and record.keys() >= MARKS:
            self.notes.say(NOTE)
            record = self.own_export.given(record)
            if self.modality != Modality.IMAGE:
                record.pop(OWN_IMAGE, None)
        pop = record.pop
        context, group, origin, split = (
            pop("context", None),
            pop("group", None),
            pop("origin", None),
            pop("split", None),
        )
        external_id, label, identity = pop("id", None), pop("label", None), pop(CONTEXT, "")
        by_name, annotator, remarks = pop(BY_NAME, None), pop(ANNOTATOR, None), pop(REMARKS, _NONE)
        gold, explanation = (pop(GOLD, None), pop(EXPLANATION, None)) if self.takes_gold else (None, None)
        if context is not None and context != "":  # 0 and false are values
            context = as_text(context, "context", self.max_bytes)
        if group is not None and group != "":
            group = as_text(group, "group", SHORT)
        if origin is not None and origin != "":
            origin = as_text(origin, "origin", SHORT)
        if split is not None and split != "":
            split = as_split(split)
        if external_id is not None:
            external_id = as_text(external_id, "id", SHORT) or None
        picture, content, text, asked_before = None, b"", "", b""
        if self.modality == Modality.TEXT:
            text = pop("text", "")
            if type(text) is not str or "\0" in text:
                text = as_text(text, "text", self.max_bytes)
            asked = self._asked_of_text(text)
            data = self._json(record, _JSON) if record else "{}"
        elif self.modality == Modality.IMAGE:
            picture, content = self._picture(record)
            if OWN_IMAGE in record:
                _call_as_before(record)
            text = as_text(pop("text", ""), "text", self.max_bytes)
            asked = bytes.fromhex(picture.sha256)
            data = self._json(record, _JSON) if record else "{}"
        else:
            written = pop(AS_WRITTEN, ())
            if all(map(is_missing, record.values())):
                raise RowRejected("The row has no feature columns or all of them are empty.")
            data = self._json(record, SORTED_JSON)
            asked = asked_of_row(data)
            if self.has_items and (written or has_whole_floats(data)):
                asked_before = self._asked_before(record, data, written)
            if not record.keys() <= self.columns.keys():
                self.columns.update(dict.fromkeys(record))
        context, group, origin = context or "", group or "", origin or ""
        answer = None
        if label is not None and label != "":
            # no closure: a row without an answer would pay for it
            shown = partial(self._item, picture, external_id, text, data, context, group, origin)
            answer = self._answer(label, shown)
        given: tuple[tuple[str, str], ...] = ()
        if by_name is not None or annotator is not None:
            shown = partial(self._item, picture, external_id, text, data, context, group, origin)
            answer, given = self._by_name(answer, annotator, by_name or (), shown)
        known = None
        if gold is not None and gold != "":
            shown = partial(self._item, picture, external_id, text, data, context, group, origin)
            known = self._gold(gold, explanation, shown)
        if context and not identity:
            identity = canonical(context)
        if identity:
            fingerprint = content_hash(asked, identity)
        else:
            fingerprint = picture.sha256 if picture else sha256(asked).hexdigest()
        earlier_hash = content_hash(asked_before, identity) if asked_before else ""
        drawn, place = _two_draws(sha256((self.seed + fingerprint).encode()).digest())
        if group:
            drawn, _ = _two_draws(sha256((self.seed + group_key(group)).encode()).digest())
        elif identity:  # the same content in another context is on the same side
            drawn, _ = _two_draws(sha256((self.seed + sha256(asked).hexdigest()).encode()).digest())
        side = "eval" if drawn < self.eval_below else "pool"
        return Row(
            number, fingerprint, text, data, external_id, context, group, origin, split or "", side, place >> 1, answer,
            picture, content, None, earlier_hash, given, known, remarks,
        )  # fmt: skip

    def _asked_of_text(self, text: str) -> bytes:
        """What a row of this text is about, whatever its spelling. Raises RowRejected."""
        asked = utf8_of(text, "text")
        if not (same := canonical(text)):
            raise RowRejected("There is no text in this row.", "text")
        if len(asked) > self.max_bytes:
            raise RowRejected(_too_long(len(asked), self.max_bytes), "text")
        return asked if same is text or same == text else same.encode()

    def hash_of_text(self, text: str) -> str:
        """The content hash that ``build`` gives a row that has this text and nothing else. Raises RowRejected."""
        if "\0" in text:
            text = as_text(text, "text", self.max_bytes)
        return sha256(self._asked_of_text(text)).hexdigest()

    def _item(
        self, picture: PictureFacts | None, external_id: str | None, text: str, data: str, context: str, group: str,
        origin: str,
    ) -> Item:  # fmt: skip
        """What an annotator would have been shown, for answers that depend on it."""
        asset = asset_of(self.project_id, picture) if picture else None
        return Item(
            project_id=self.project_id, external_id=external_id, text=text, asset=asset, data=orjson.loads(data),
            context=context, group=group, origin=origin,
        )  # fmt: skip

    def _answer(self, label: Any, shown: Callable[[], Item]) -> str | None:
        """The canonical answer as JSON, None where the cell says nothing; those of plain strings that do not depend on
        the item are remembered."""
        if type(label) is not str:
            return None if is_missing(label) else self._checked_answer(label, Question(self.labels, shown))
        answer = self._answers.get(label)
        if answer is None:
            if is_missing(label):
                return None
            question = Question(self.labels, shown)
            answer = self._checked_answer(label.strip(), question)
            if not question.was_looked_at and len(self._answers) < 10_000:
                self._answers[label] = answer
        return answer

    def _gold(self, gold: Any, explanation: Any, shown: Callable[[], Item]) -> tuple[str, str] | None:
        """The answer known to be true and why; None where the cell says nothing."""
        try:
            answer = self._answer(gold, shown)
        except RowRejected as error:
            raise RowRejected(error.reason, GOLD) from error
        return None if answer is None else (answer, as_text(explanation, EXPLANATION, MAX_EXPLANATION))

    def _by_name(
        self, answer: str | None, annotator: Any, said: Sequence[tuple[str, Any]], shown: Callable[[], Item]
    ) -> tuple[str | None, tuple[tuple[str, str], ...]]:
        """The answer that is nobody's, and those of people: what is ``said``, and the row's own if by ``annotator``."""
        found = []
        if not is_missing(annotator):
            who = as_text(annotator, "annotator", MAX_NAME)
            if answer is None:
                self.notes.count(_NAME_ALONE, _NAMES_ALONE)
            else:
                found.append((who, answer))
                answer = None
        for name, label in said:
            if (given := self._answer(label, shown)) is not None:
                found.append((as_text(name, "annotator", MAX_NAME), given))
        return answer, tuple(dict(found).items())

    def _answer_in_use(self, label: Any, question: Question) -> dict[str, Any]:
        return self.kind.validate(self.kind.answer_from_import(label, question), question)

    def _checked_answer(self, label: Any, question: Question) -> str:
        try:
            answer = self.label_names.keyed(self.answer_of(label, question))
            for old, now in self.labels.renamed.items():
                self.notes.say(f"The label “{old}” is called “{now}” now: rows that say the old name have the new one.")
            return str(orjson.dumps(answer), "utf-8")
        except RowRejected:
            raise
        except InvalidAnswer as error:
            raise RowRejected(error.reason, "label") from error
        except (ValueError, TypeError) as error:
            raise RowRejected(f"The label {str(label)[:80]!r} cannot be read: {error}.", "label") from error

    def _picture(self, record: dict[str, Any]) -> tuple[PictureFacts, bytes]:
        content = record.pop(PICTURE, None)
        if content is None:
            raise RowRejected("No picture belongs to this row.", "image")
        try:
            return inspect(content), content
        except PictureRejected as error:
            raise RowRejected(error.reason, "image") from error

    def _asked_before(self, record: dict[str, Any], data: str, written: Sequence[str]) -> bytes:
        """What a row asked about while every cell was a number that could be one, or else while 3.0 was not 3; empty if
        that is the same."""
        before = {name: number_once(record[name]) for name in written if type(record.get(name)) is str}
        if any(record[name] is not cell for name, cell in before.items()):
            return asked_of_row(self._json({**record, **before}, SORTED_JSON))
        return asked_of_row(data, by_type=True) if has_whole_floats(data) else b""

    def _json(self, record: dict[str, Any], option: int) -> str:
        try:
            data = orjson.dumps(record, default=str, option=option)
        except (TypeError, ValueError):
            _find_unencodable(record)
            try:
                record = storable(record)
                data = orjson.dumps(record, default=str, option=option)
            except (TypeError, ValueError, RecursionError) as error:
                raise RowRejected(f"The row cannot be kept as JSON: {error}.") from error
            self.notes.count(_LONG_NUMBER, _LONG_NUMBERS)
        if len(data) > self.max_bytes:
            _find_too_long(record, self.max_bytes)
        if b"\\u0000" in data:
            _find_nul(record)
        return str(data, "utf-8")


def _call_as_before(record: dict[str, Any]) -> None:
    """Gives an exported picture the name it had, in the place of that of its file in the data set."""
    name = record.pop(OWN_IMAGE)
    record.pop("image", None)
    if name is not None:
        record["image"] = name


def _find_unencodable(record: dict[str, Any]) -> None:
    for name, value in record.items():
        utf8_of(str(name), str(name)[:100].encode(errors="replace").decode())
        if isinstance(value, str):
            utf8_of(value, str(name)[:100])


def _find_too_long(record: dict[str, Any], limit: int) -> None:
    for name, value in record.items():
        size = len(orjson.dumps(value, default=str, option=_JSON))
        if size > limit:
            raise RowRejected(_too_long(size, limit), str(name)[:100])
    if len(orjson.dumps(record, default=str, option=_JSON)) > ROW_CELLS * limit:
        raise RowRejected(f"The columns together are longer than {ROW_CELLS * limit:,} bytes.")


def _find_nul(record: dict[str, Any]) -> None:
    for name, value in record.items():
        if "\0" in str(name) or b"\\u0000" in orjson.dumps(value, default=str, option=_JSON).replace(b"\\\\", b""):
            raise RowRejected("Holds a NUL character.", str(name).replace("\0", "")[:100])


def _too_long(size: int, limit: int) -> str:
    return f"{size:,} bytes in one cell; at most {limit:,} are accepted."
