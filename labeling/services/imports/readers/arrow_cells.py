"""The cells of one Arrow column as a record holds them. What Python has no value for is converted, else it is the fault
of its row alone: nanoseconds become text to the last digit, bytes become text where they are some, NaN becomes nothing.

Nothing here depends on pandas: where that is installed Arrow gives its types for nanoseconds, elsewhere it raises.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

#: What Arrow raises for a value that Python does not hold.
_NO_VALUE = (ValueError, ArithmeticError, LookupError, TypeError, NotImplementedError)
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_OUT_OF_RANGE = "A moment outside the years 1 to 9999."
#: Types whose values differ from what Arrow stores them as.
_OWN_VALUES = ("arrow.uuid", "arrow.bool8")


class Unreadable(ValueError):
    """A cell that no record can hold; the message says why."""


@dataclass(slots=True)
class Cells:
    """``faults`` says by place why a cell could not be read; ``values`` has None there."""

    values: list[Any]
    has_infinity: bool = False
    faults: dict[int, str] = field(default_factory=dict)


def cells_of(array: pa.Array) -> Cells:
    """The cells of a column, most at the cost of ``to_pylist``."""
    array = _simplified(array)
    cells = Cells([], _has_infinity(array))
    if not _wants_care(array.type):
        try:
            cells.values = array.to_pylist()
            return cells
        except _NO_VALUE:
            pass  # one of them; which, the loop finds
    for place, scalar in enumerate(array):
        try:
            cells.values.append(_value(scalar))
        except Unreadable as error:
            cells.values.append(None)
            cells.faults[place] = str(error)
    return cells


def _simplified(array: pa.Array) -> pa.Array:
    """The column in a type whose values Python has, where that loses nothing of any cell."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return array if kind.extension_name in _OWN_VALUES else _simplified(array.storage)
    if types.is_dictionary(kind):
        is_text = types.is_string(kind.value_type) or types.is_large_string(kind.value_type)
        return array if is_text else _simplified(array.dictionary_decode())
    if types.is_float16(kind):
        array = array.cast(pa.float32())
    if types.is_floating(kind):
        return pc.if_else(pc.is_nan(array), None, array)
    for target in _targets(kind):
        try:
            array = array.cast(target)
        except _NO_VALUE:
            return array
    return array


def _targets(kind: pa.DataType) -> list[pa.DataType]:
    if types.is_temporal(kind) and getattr(kind, "unit", "") == "ns":
        if types.is_timestamp(kind):
            return [pa.timestamp("us", tz=kind.tz)]
        return [pa.duration("us") if types.is_duration(kind) else pa.time64("us")]
    if types.is_fixed_size_binary(kind):
        return [pa.binary(), pa.string()]
    return [pa.large_string()] if _is_binary(kind) else []


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind)
        or types.is_fixed_size_binary(kind)
    )  # fmt: skip


def _parts(kind: pa.DataType) -> list[pa.DataType]:
    if isinstance(kind, pa.BaseExtensionType):
        return [kind.storage_type]
    if types.is_dictionary(kind):
        return [kind.value_type]
    return [kind.field(place).type for place in range(kind.num_fields)] if types.is_nested(kind) else []


def _wants_care(kind: pa.DataType) -> bool:
    """Whether Arrow would give what no record holds, or less than there is: a time of day loses its nanoseconds."""
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name in _OWN_VALUES:
        return False
    if _is_binary(kind) or (types.is_temporal(kind) and getattr(kind, "unit", "") == "ns"):
        return True
    return any(map(_wants_care, _parts(kind)))


def _has_infinity(array: pa.Array) -> bool:
    """Whether there may be one: of dictionaries and maps Arrow shows what other rows hold as well."""
    kind = array.type
    if types.is_float16(kind):
        array = array.cast(pa.float32())
    if types.is_floating(kind):
        return bool(pc.any(pc.is_inf(array)).as_py())
    if isinstance(kind, pa.BaseExtensionType):
        return _has_infinity(array.storage)
    if types.is_dictionary(kind):
        return _has_infinity(array.dictionary)
    if types.is_struct(kind):
        return any(_has_infinity(array.field(place)) for place in range(kind.num_fields))
    if types.is_map(kind):
        return _has_infinity(array.keys) or _has_infinity(array.items)
    return types.is_nested(kind) and hasattr(array, "flatten") and _has_infinity(array.flatten())


def _value(scalar: pa.Scalar) -> Any:
    """The value of one cell or of a part of one. Raises Unreadable."""
    if not scalar.is_valid:
        return None
    kind = scalar.type
    own = isinstance(kind, pa.BaseExtensionType) and kind.extension_name in _OWN_VALUES
    if not own and isinstance(scalar, pa.ExtensionScalar | pa.DictionaryScalar):
        return _value(scalar.value)
    if types.is_struct(kind):
        names = [part.name for part in kind]
        if len(set(names)) < len(names):
            raise Unreadable("Two fields of it have one name.")
        return {name: _value(scalar[place]) for place, name in enumerate(names)}
    if types.is_map(kind):
        return [[_value(pair[0]), _value(pair[1])] for pair in scalar.values]
    if isinstance(scalar, pa.ListScalar):
        return [_value(part) for part in scalar.values]
    for belongs, read in _READ:
        if belongs(kind):
            return read(scalar)
    return _as_python(scalar)


def _as_python(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError as error:
        raise Unreadable(f"Not UTF-8: byte 0x{error.object[error.start]:02X} at byte {error.start + 1}.") from error
    except _NO_VALUE as error:
        raise Unreadable(f"Cannot be read: {str(error)[:200]}.") from error


def _text(scalar: pa.Scalar) -> str:
    content = bytes(scalar.as_py())
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"Holds bytes that are no text ({len(content):,}).") from error


def _moment(scalar: pa.Scalar) -> Any:
    unit, zone = scalar.type.unit, scalar.type.tz
    value, rest = divmod(scalar.value, 1_000) if unit == "ns" else (scalar.value, 0)
    unit = "us" if unit == "ns" else unit
    for at in dict.fromkeys((zone, "UTC" if zone else None)):  # a zone that this machine does not know
        try:
            moment = pa.scalar(value, pa.timestamp(unit, tz=at)).as_py()
        except _NO_VALUE:
            continue
        if not rest:
            return moment
        text = moment.isoformat(timespec="microseconds")
        return f"{text[:26]}{rest:03}{text[26:]}"
    raise Unreadable(_OUT_OF_RANGE)


def _date(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except _NO_VALUE as error:
        raise Unreadable(_OUT_OF_RANGE) from error


def _clock(seconds: int, fraction: int, per_second: int) -> str:
    """Hours, minutes and seconds, with as many digits behind the point as the unit has."""
    hours, rest = divmod(seconds, 3_600)
    text = f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
    return f"{text}.{fraction:0{len(str(per_second)) - 1}}" if fraction else text


def _time_of_day(scalar: pa.Scalar) -> str:
    per_second = _PER_SECOND[scalar.type.unit]
    seconds, fraction = divmod(scalar.value, per_second)
    return _clock(seconds, fraction, per_second)


def _duration(scalar: pa.Scalar) -> str:
    """As ``str(timedelta)`` writes it, of any length and to the nanosecond."""
    per_second = _PER_SECOND[scalar.type.unit]
    seconds, fraction = divmod(scalar.value, per_second)
    days, rest = divmod(seconds, 86_400)
    clock = _clock(rest, fraction, per_second).removeprefix("0")
    return f"{days} day{'s' * (abs(days) != 1)}, {clock}" if days else clock


_READ: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Scalar], Any]], ...] = (
    (_is_binary, _text),
    (types.is_timestamp, _moment),
    (types.is_date, _date),
    (types.is_time, _time_of_day),
    (types.is_duration, _duration),
)
