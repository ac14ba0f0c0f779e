"""WordLlama's token vectors, read straight from the files inside its wheel.

The package's own loader imports ``requests``, turns on root logging and may reach for the network. The weights are a
plain safetensors file and the tokenizer a JSON file, so this module reads both and does the pooling itself: nothing is
downloaded, the package is never imported. Agreement with ``WordLlama.embed`` is tested.

Source: D. Lee Miller, WordLlama (MIT), token vectors distilled from the input embeddings of Llama 2 and 3.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tokenizers import Tokenizer

from learning.core.arrays import FloatMatrix

WEIGHTS = "weights/l2_supercat_256.safetensors"
TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
DIMENSION = 256
_TEXTS_PER_BLOCK = 256


class TokenVectors(NamedTuple):
    """Tokenizer, vectors of shape (vocabulary, 256) and a hash of both files."""

    tokenizer: Tokenizer
    vectors: FloatMatrix
    digest: str


def _package_folder() -> Path:
    spec = find_spec("wordllama")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the text encoder needs the wheel `wordllama` (weights only)")
    return Path(spec.origin).parent


def read_safetensors(data: bytes, name: str) -> FloatMatrix:
    """Read one half- or single-precision tensor of a safetensors file.

    Parameters
    ----------
    data : bytes
        The file: header length (uint64, little endian), JSON header, raw little-endian values.
    name : str

    Returns
    -------
    ndarray of float32

    Raises
    ------
    ValueError
        If the tensor is absent or of another type.

    Examples
    --------
    >>> header = b'{"w":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}'
    >>> read_safetensors(len(header).to_bytes(8, "little") + header + np.float32(2).tobytes(), "w")
    array([[2.]], dtype=float32)
    """
    start = 8 + int.from_bytes(data[:8], "little")
    entry = json.loads(data[8:start]).get(name)
    if entry is None or entry["dtype"] not in ("F16", "F32"):
        raise ValueError(f"no float tensor {name!r} in the weights file")
    first, last = entry["data_offsets"]
    values = np.frombuffer(data[start + first : start + last], dtype="<f2" if entry["dtype"] == "F16" else "<f4")
    return values.reshape(entry["shape"]).astype(np.float32)


@lru_cache(maxsize=1)
def token_vectors() -> TokenVectors:
    """Load tokenizer and vectors once per process (33 MB, about 0.1 s).

    Raises
    ------
    ModuleNotFoundError
        If the wheel is not installed.
    """
    folder = _package_folder()
    weights = (folder / WEIGHTS).read_bytes()
    rules = (folder / TOKENIZER).read_bytes()
    tokenizer = Tokenizer.from_str(rules.decode("utf-8"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    digest = hashlib.sha256(weights + rules).hexdigest()
    return TokenVectors(tokenizer, read_safetensors(weights, "embedding.weight"), digest)


def mean_vectors(texts: Sequence[str]) -> FloatMatrix:
    """Average the token vectors of every text.

    Parameters
    ----------
    texts : sequence of str
        Valid Unicode (no lone surrogates).

    Returns
    -------
    ndarray of float32, shape (len(texts), 256)
        Zeros for a text without tokens. Not normalised.

    Examples
    --------
    >>> bool(mean_vectors([""]).any())
    False
    """
    tokenizer, vectors, _ = token_vectors()
    result = np.zeros((len(texts), DIMENSION), dtype=np.float32)
    for start in range(0, len(texts), _TEXTS_PER_BLOCK):
        encoded = tokenizer.encode_batch_fast(list(texts[start : start + _TEXTS_PER_BLOCK]), add_special_tokens=False)
        for row, encoding in enumerate(encoded, start):
            if encoding.ids:
                ids = np.minimum(np.asarray(encoding.ids), len(vectors) - 1)
                result[row] = vectors[ids].mean(axis=0)
    return result
