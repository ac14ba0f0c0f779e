"""Words as they are looked for: one spelling for both databases, which fold case and accents differently.

A word is a run of letters, marks and digits, at most 40 of them. Han, Kana, Thai and other writing that sets no spaces
between words becomes overlapping pairs of characters, and the last character of a run.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

#: Longer words are cut to so many characters.
LONGEST = 40
#: Beginnings of words of these lengths are stored by themselves: there are too many words to read with each.
BEGINNINGS = (1, 2, 3)
_KEPT = "LMN"
_ACCENTS = range(0x0300, 0x0370)
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Kana and Han
)
_runs = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+").findall
_is_unspaced = re.compile(f"[{_UNSPACED}]").match


class _Folding(dict[int, str]):
    """What becomes of each character; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        kept = "" if code in _ACCENTS else character if unicodedata.category(character)[0] in _KEPT else " "
        self[code] = kept
        return kept


_folding = _Folding()


def folded(text: str) -> str:
    """Without case, accents and punctuation: words with one space between them."""
    if text.isascii():
        plain = text.lower().translate(_folding)
    else:
        parted = unicodedata.normalize("NFKD", text).casefold().translate(_folding)
        plain = unicodedata.normalize("NFKC", parted)
    return " ".join(plain.split())


def words_of(text: str) -> list[str]:
    """The words of a text as they are stored, in their order."""
    return _words(folded(text), alone=True)


def asked_words(text: str) -> list[str]:
    """The words of what is looked for: all of them are stored of every text that holds it."""
    return _words(folded(text), alone=False)


def is_unspaced(word: str) -> bool:
    """Whether it is of a writing without spaces."""
    return bool(_is_unspaced(word))


def _words(plain: str, *, alone: bool) -> list[str]:
    if plain.isascii():
        return [word[:LONGEST] for word in plain.split()]
    words: list[str] = []
    for word in plain.split():
        for run in _runs(word):
            if _is_unspaced(run):
                last = len(run) if alone or len(run) == 1 else len(run) - 1
                words += [run[start : start + 2] for start in range(last)]
            else:
                words.append(run[:LONGEST])
    return words


def stored_word(word: str) -> bytes:
    """How a word stands in the index."""
    return word.encode(errors="surrogatepass")


def beginning(start: str) -> bytes:
    """How all words that begin so stand in it: no word has a star."""
    return stored_word(start) + b"*"


def texts_of(text: str, external_id: str | None, context: str, data: Mapping[str, Any]) -> Iterator[str]:
    """What of an item is looked through: its text, identifier and context, and texts and whole numbers of columns."""
    yield text
    yield external_id or ""
    yield context
    for value in data.values():
        yield from column_texts(value)


def column_texts(value: Any) -> Iterator[str]:
    """What is looked through of one column; of lists every entry. Measured numbers are nothing to look for."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bool):
        yield str(value)
    elif isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        yield str(int(value))
    elif isinstance(value, list):
        for one in value:
            yield from column_texts(one)


def holds_phrase(text: str, phrase: str) -> bool:
    """Whether a folded text holds a folded phrase as whole words; next to writing without spaces anywhere."""
    start = text.find(phrase)
    while start >= 0:
        end = start + len(phrase)
        if _parts(text[start - 1 : start], phrase[:1]) and _parts(phrase[-1:], text[end : end + 1]):
            return True
        start = text.find(phrase, start + 1)
    return False


def _parts(left: str, right: str) -> bool:
    """Whether one word ends and another one begins between two characters."""
    return not left.strip() or not right.strip() or bool(_is_unspaced(left) or _is_unspaced(right))
