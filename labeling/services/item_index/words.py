"""Makes the words of items findable, a part of a block at a time (decision 0107).

What items hold never changes, so words are only ever added. They are gathered outside of a transaction and written in
short ones: nobody who answers waits for a block of words. Writing the same twice changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice

from django.db import transaction

from labeling.db.bitmaps import BLOCK, FEW, bits_of, decoded, encoded, packed
from labeling.db.folded_words import BEGINNINGS, beginning, stored_word, texts_of, words_of
from labeling.db.insert import put_rows
from labeling.models import FacetIndex, Item, Project, WordBlock

#: Words of a text are gathered up to so many characters, and of a step up to so many places of words.
MOST_CHARACTERS = 200_000
MOST_PLACES = 3_000_000
_ROWS = 1_000
_FIELDS = ("project", "word", "block", "n", "bits")
_remembered = lru_cache(4_096)(words_of)
Places = Mapping[str, Sequence[int]]


def index_words(project: Project, most_items: int) -> int:
    """Adds the next items; returns below which ordinal all are in it."""
    index = FacetIndex.objects.get(project=project)
    start = index.worded
    block = start // BLOCK
    end = min(index.items, start + most_items, (block + 1) * BLOCK)
    end, places = _gathered(project, start, end)
    rows = iter(_with_beginnings(places))
    while some := dict(islice(rows, _ROWS)):
        _add(project.pk, block, some)
    FacetIndex.objects.filter(project=project, worded__lt=end).update(worded=end)
    return end


def _gathered(project: Project, start: int, end: int) -> tuple[int, Places]:
    """By word the places in the block, ascending; and where it stopped."""
    places: dict[str, list[int]] = defaultdict(list)
    rows = Item.objects.filter(project=project, ordinal__gte=start, ordinal__lt=end).order_by("ordinal")
    n = 0
    for ordinal, *parts in rows.values_list("ordinal", "text", "external_id", "context", "data").iterator():
        words = {word for text in texts_of(*parts) for word in _words_of(text)}
        place = ordinal % BLOCK
        for word in words:
            places[word].append(place)
        n += len(words)
        if n > MOST_PLACES:
            return ordinal + 1, places
    return end, places


def _words_of(text: str) -> Iterable[str]:
    return _remembered(text) if len(text) < 40 else words_of(text[:MOST_CHARACTERS])  # values of columns repeat


def _with_beginnings(places: Places) -> Iterable[tuple[bytes, tuple[int, bytes]]]:
    """Each word as it is stored, and each beginning of words."""
    begin: dict[str, list[str]] = defaultdict(list)
    frequent = {}
    for word, at in places.items():
        for length in BEGINNINGS[: len(word)]:
            begin[word[:length]].append(word)
        if len(at) > FEW:
            frequent[word] = bits_of(at)
            yield stored_word(word), encoded(frequent[word])
        else:
            yield stored_word(word), packed(at)
    for start, words in begin.items():
        few = [places[word] for word in words if word not in frequent]
        if len(words) == len(few) and sum(map(len, few)) <= FEW:
            yield beginning(start), packed(sorted({*chain.from_iterable(few)}))
        else:
            bits = bits_of(chain.from_iterable(few))
            for word in words:
                bits |= frequent.get(word, 0)
            yield beginning(start), encoded(bits)


@transaction.atomic
def _add(project_id: int, block: int, rows: Mapping[bytes, tuple[int, bytes]]) -> None:
    FacetIndex.objects.select_for_update(no_key=True).get(project=project_id)  # one at a time reads and writes a row
    stored = WordBlock.objects.filter(project=project_id, block=block, word__in=list(rows))
    merged = dict(rows)
    for word, n, bits in stored.values_list("word", "n", "bits"):
        merged[bytes(word)] = encoded(decoded(n, bits) | decoded(*rows[bytes(word)]))
    put_rows(WordBlock, _FIELDS, _FIELDS[:3], [(project_id, word, block, *row) for word, row in merged.items()])
