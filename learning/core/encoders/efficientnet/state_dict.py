"""Reads a legacy PyTorch state dict without PyTorch, and without letting the file run anything.

The format (``torch.save`` before version 1.6) is five things one after another: three pickled headers (magic number,
protocol, system sizes), the pickled dict whose tensors point to storages by key, the pickled list of storage keys in
the order in which their raw numbers follow. The unpickler below knows four names and refuses every other.

Source: the layout was read off such a file; PyTorch documents it in ``torch/serialization.py``.
"""

from __future__ import annotations

import collections
import io
import pickle
import struct
from typing import Any, NamedTuple

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
_DTYPES: dict[str, np.dtype[Any]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class StateDictError(ValueError):
    """The bytes are not a legacy state dict of plain float and integer tensors."""


class _Tensor(NamedTuple):
    key: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _rebuild_tensor(storage: tuple[Any, ...], offset: int, shape: Any, strides: Any, *_: Any) -> _Tensor:
    return _Tensor(str(storage[2]), offset, tuple(shape), tuple(strides))


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.dtypes: dict[str, np.dtype[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in _DTYPES:
            return name
        raise StateDictError(f"refused to load {module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        self.dtypes[str(pid[2])] = _DTYPES[pid[1]]
        return pid


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        raise StateDictError(f"refused to load {module}.{name}")


def read_state_dict(data: bytes) -> dict[str, np.ndarray[Any, Any]]:
    """Return the tensors of a legacy state dict.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    dict of str to ndarray
        Contiguous copies, float32 or int64.

    Raises
    ------
    StateDictError
        If the bytes are something else, are cut short, or name anything but tensors.

    Examples
    --------
    >>> read_state_dict(b"")
    Traceback (most recent call last):
    ...
    learning.core.encoders.efficientnet.state_dict.StateDictError: not a legacy state dict: Ran out of input
    """
    file = io.BytesIO(data)
    try:
        if _PlainUnpickler(file).load() != MAGIC or _PlainUnpickler(file).load() != PROTOCOL:
            raise StateDictError("not a legacy state dict: wrong magic number or protocol")
        if not _PlainUnpickler(file).load()["little_endian"]:
            raise StateDictError("written on a big-endian machine")
        unpickler = _Unpickler(file)
        tensors = unpickler.load()
        keys = _PlainUnpickler(file).load()
        storages = {str(key): _read_storage(file, unpickler.dtypes[str(key)]) for key in keys}
        return {name: _view(tensor, storages[tensor.key]) for name, tensor in tensors.items()}
    except (pickle.UnpicklingError, EOFError, KeyError, TypeError, AttributeError, struct.error, IndexError) as error:
        raise StateDictError(f"not a legacy state dict: {error}") from error


def _read_storage(file: io.BytesIO, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    (count,) = struct.unpack("<q", file.read(8))
    raw = file.read(count * dtype.itemsize)
    if count < 0 or len(raw) != count * dtype.itemsize:
        raise StateDictError("cut short")
    return np.frombuffer(raw, dtype)


def _view(tensor: _Tensor, storage: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    last = tensor.offset + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True))
    if min(tensor.strides, default=0) < 0 or tensor.offset < 0 or (0 not in tensor.shape and last >= storage.size):
        raise StateDictError("a tensor reaches outside its storage")
    strides = tuple(stride * storage.itemsize for stride in tensor.strides)
    return np.ascontiguousarray(np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides))
