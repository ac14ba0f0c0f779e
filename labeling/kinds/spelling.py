"""The one rule by which texts that look alike are the same. Three folds, each coarser than the one before; what is
stored and shown is never folded (decision 0065).

========================  =====================================  ====================================================
fold                      answers                                leaves as it is
========================  =====================================  ====================================================
:func:`canonical`         is this the same content?              case, width, accents, vowel signs, ligatures, ß
:func:`name_key`          is this the same label, group?         the same
:func:`near_key`          would a person call it almost the      accents and vowel signs of every script, letters,
                          same?                                  digits, emoji and what joins them
========================  =====================================  ====================================================

Fingerprints of items are made of ``canonical``: whoever changes it owes a migration (``0024_one_spelling``).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache

_JOINERS = "\u200c\u200d"
_EMOJI_TAGS = range(0xE0020, 0xE0080)
_EMOJI_VARIANTS = "\ufe0e\ufe0f"
#: Blank to the eye though no white space to Unicode: left over at the ends by editors and converters.
_UNSEEN_BLANKS = "\u200b\u2060\ufeff"
_WHITE_SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_OUTER = _WHITE_SPACE + _UNSEEN_BLANKS
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_LINE_ENDS = re.compile("\r\n?|[\u0085\u2028\u2029]")


def canonical(text: str) -> str:
    """The text in canonical composition (NFC), with one sort of blank and of line end, and none of them at its ends.

    A plain text is returned as the object it is.

    >>> canonical(" Cafe\u0301\u00a0au lait\r\n") == "Caf\u00e9 au lait"
    True
    >>> [canonical(text) for text in ("ß", "ſ", "ﬁ", "Ａ", "I")]  # other letters, other contents
    ['ß', 'ſ', 'ﬁ', 'Ａ', 'I']
    """
    if text.isascii():
        return (text if "\r" not in text else _LINE_ENDS.sub("\n", text)).strip()
    composed = unicodedata.normalize("NFC", text)
    return _LINE_ENDS.sub("\n", _BLANKS.sub(" ", composed)).strip(_OUTER)


def name_key(name: str) -> str:
    """What a name is known by: as ``canonical``, a run of white space is one blank, what cannot be seen is not there.

    The joiners stay: they change how letters of Indic and Arabic scripts and how emoji look.

    >>> name_key("New \u00a0York\u200b") == name_key("New York")
    True
    >>> name_key("Spam") == name_key("spam")  # "Polish" and "polish" may be two labels
    False
    """
    key = " ".join(canonical(name).split())
    return key if key.isascii() else _unseen().sub("", key).strip()


def near_key(text: str) -> str:
    """What is left of a text without case, width, white space and punctuation: equal where two are almost the same.

    Every mark stays, whatever the script: in Hindi, Thai or Tamil it is the vowel, in Vietnamese the tone, in Arabic
    the reading. So does what a symbol says: emoji, arithmetic, currencies. Case is folded fully (ß is ss); the dotted
    capital of Turkish is an i, and its dotless i stays another letter. A text of punctuation alone is known by itself.

    >>> near_key("SEE  you!") == near_key("see you"), near_key("कि") == near_key("की")
    (True, False)
    >>> near_key("good \U0001f44d") == near_key("good \U0001f44e")
    False
    """
    if text.isascii():
        return _ASCII_SAYS_NOTHING.sub("", text).lower() or canonical(text)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    kept = _silent(astral=False).sub("", folded).replace("i\u0307", "i")
    if max(kept, default="") > "\uffff":  # a class of characters beyond 16 bits is slow: only where there are any
        kept = _silent(astral=True).sub("", kept)
    if "\u200d" in kept or _has_tags(kept):
        kept = _joins_nothing().sub("", kept)
    return kept or canonical(text)


def case_key(text: str) -> str:
    """A cell of a table without case, width and surplus white space: there a sign is no punctuation."""
    return " ".join(unicodedata.normalize("NFKC", canonical(text)).casefold().split())


#: Of ASCII what is neither a letter, a digit nor a symbol of arithmetic or money.
_ASCII_SAYS_NOTHING = re.compile(r"[\x00-\x20!\"#%&'()*,\-./:;?@\[\\\]^_`{}\x7f]+")


#: Where punctuation, blanks, symbols and controls are.
_PLANES = (range(0x10000), range(0x10000, 0x20000), range(0xE0000, 0xE0200))


def _one_of(wanted: Callable[[str], bool], planes: Iterable[range] = _PLANES) -> str:
    """A class of characters, without its brackets."""
    return "".join(re.escape(character) for plane in planes for character in map(chr, plane) if wanted(character))


def _is_emoji(character: str) -> bool:
    """A pictograph, or the tone of skin that one has."""
    return unicodedata.category(character) == "So" or "\U0001f3fb" <= character <= "\U0001f3ff"


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _is_silent(character: str) -> bool:
    if character == "\u200d" or ord(character) in _EMOJI_TAGS:
        return False  # looked at where they stand
    category = unicodedata.category(character)
    is_sign = category in ("Cc", "Cf", "Sk") or category[0] in "PZ" or character == "\u0640"
    return (is_sign and not _is_emoji(character)) or _is_selector(character)


@lru_cache(maxsize=2)
def _silent(*, astral: bool) -> re.Pattern[str]:
    """Punctuation, blanks, controls, accents that stand alone, the stroke that widens Arabic words."""
    return re.compile(f"[{_one_of(_is_silent, _PLANES[1:] if astral else _PLANES[:1])}]+")


@lru_cache(maxsize=1)
def _joins_nothing() -> re.Pattern[str]:
    """Joiners and tags that stand behind no emoji; those that do make one picture of several."""
    tags = "\U000e0020-\U000e007f"
    return re.compile(f"(?<![{_one_of(_is_emoji)}{tags}])[\u200d{tags}]+")


def _has_tags(text: str) -> bool:
    return "\U000e0020" <= max(text, default="") <= "\U000e007f"


@lru_cache(maxsize=1)
def _unseen() -> re.Pattern[str]:
    """Format characters that nobody sees: zero-width blanks, direction marks, soft hyphens, the style of an emoji."""
    return re.compile(f"[{_one_of(_is_unseen, _PLANES[:1])}]+")


def _is_unseen(character: str) -> bool:
    is_printed = "\u0600" <= character <= "\u0605" or character in "\u06dd\u070f\u0890\u0891\u08e2"  # signs of numbers
    is_format = unicodedata.category(character) == "Cf" and character not in _JOINERS and not is_printed
    return is_format or character in _EMOJI_VARIANTS
