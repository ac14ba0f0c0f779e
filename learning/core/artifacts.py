"""Fitted state as bytes: a zip of ``header.json`` and ``.npy`` arrays, never a pickle.

The same state gives the same bytes (fixed order, fixed timestamps, no compression), so a sha256 names it, and
``numpy.load(path, allow_pickle=False)`` opens it without this module.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EPOCH = (1980, 1, 1, 0, 0, 0)


class ArtifactError(ValueError):
    """The bytes are not an artifact of the expected format."""


def pack(format_name: str, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Serialise a header and named arrays.

    Parameters
    ----------
    format_name : str
        Kind and version of the content, e.g. ``"learner/logistic@1"``; :func:`unpack` checks it.
    header : mapping
        JSON-serialisable facts.
    arrays : mapping of str to ndarray
        Arrays without Python objects.

    Returns
    -------
    bytes
        Identical for identical input.

    Raises
    ------
    ValueError
        If an array holds Python objects.

    Examples
    --------
    >>> data = pack("demo@1", {"n": 2}, {"w": np.zeros(2)})
    >>> unpack("demo@1", data)[0]["n"]
    2
    """
    facts = json.dumps({"format": format_name, **header}, sort_keys=True, ensure_ascii=True).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("header.json", _EPOCH), facts)
        for name in sorted(arrays):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(arrays[name]), version=(1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _EPOCH), buffer.getvalue())
    return out.getvalue()


def unpack(format_name: str, data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read what :func:`pack` wrote.

    Parameters
    ----------
    format_name : str
        The format the caller can read.
    data : bytes

    Returns
    -------
    header : dict
    arrays : dict of str to ndarray

    Raises
    ------
    ArtifactError
        If the bytes are damaged or of another format.

    Examples
    --------
    >>> unpack("demo@1", b"not a zip")
    Traceback (most recent call last):
    ...
    learning.core.artifacts.ArtifactError: not an artifact: File is not a zip file
    """
    arrays: dict[str, NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            header: dict[str, Any] = json.loads(archive.read("header.json"))
            for entry in archive.infolist():
                name = entry.filename
                if entry.extra or entry.comment:  # none is written; their length, damaged, hides the entries after them
                    raise ValueError(f"something is hidden behind {name}")
                if name.endswith(".npy"):
                    arrays[name.removesuffix(".npy")] = np.lib.format.read_array(
                        io.BytesIO(archive.read(name)), allow_pickle=False
                    )
                elif name != "header.json":
                    raise ValueError(f"{name} is no array")
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, RuntimeError) as error:
        # a flag that fell over says "encrypted" or "of another version": zipfile raises RuntimeError for both
        raise ArtifactError(f"not an artifact: {error}") from error
    if not isinstance(header, dict):
        raise ArtifactError("not an artifact: its header is no object")
    if header.get("format") != format_name:
        raise ArtifactError(f"expected {format_name}, found {header.get('format')}")
    return header, arrays


def sha256(data: bytes) -> str:
    """Return the hexadecimal SHA-256 of ``data``.

    Examples
    --------
    >>> sha256(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(data).hexdigest()
