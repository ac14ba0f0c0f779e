"""Records of a delimited file, strictly: what is no csv is rejected by its line, and reading goes on behind it.

The csv module alone reads leniently (a quote that opens in one row and closes in another makes them one) and, told to
be strict, loses the rest of what it was fed. So lines are held until their record is complete. Where one breaks, the
lines from the one its quote opened on are looked at again: if they look like rows (:class:`Likeness`) only the first is
rejected and the others are read anew; else the whole record is rejected, with the count of its lines.
"""

import csv
import io
from collections.abc import Iterator
from itertools import islice

from labeling.services.imports.delimited.likeness import Likeness
from labeling.services.imports.delimited.style import Style
from labeling.services.imports.records.rows import Rejection

Record = list[str] | Rejection

LOOK_SIZE = 256 * 1024
_READ_AGAIN = 8  # times the size of what was read; beyond that lines are read one by one, so that time stays linear
#: Characters, as if a file were larger by so much: a small one with many stray quotes is worth the time.
_READ_AGAIN_OF_SMALL = 64 * 1024
_FOLLOWED_LINES = 1_000
_STOPS = "unexpected end"
_CARRIAGE_RETURN = "new-line character"


class _TooLong(RuntimeError):
    """A record went on beyond the limit."""


class Records:
    """Cells of every record after the first ``skipped`` lines; a Rejection for a broken one, ``[]`` for a blank line.

    ``blocks`` is the whole file in pieces, ``longest`` the characters that one record may have: what bounds memory.
    """

    def __init__(
        self, blocks: Iterator[str], style: Style, likeness: Likeness, *, longest: int, skipped: int = 0
    ) -> None:
        self.blocks = blocks
        self.style = style
        self.likeness = likeness
        self.longest = longest
        self.skipped = skipped
        #: lines of the file before the first of ``held``
        self.line = 0
        #: lines read of records that are not complete; ``fresh`` are those of the last block
        self.held: list[str] = []
        self.fresh = 0
        self.held_size = 0
        #: characters of one record from which it is looked at whether it is a record at all
        self.look_beyond = LOOK_SIZE
        self.carry = ""
        #: lines that the present csv reader made complete records of, how many of them are held no more, and where the
        #: last record of several lines began and ended
        self.completed = 0
        self.of_several_lines = 0, 0
        self.dropped = 0
        self.plain_file = True
        self.read_size = 0
        self.read_again_size = 0
        #: the longest good record: its first line and its lines
        self.longest_record = (0, 1)
        #: whether a block so far holds the mark of databases for "nothing"
        self.marks_nothing = False

    def __iter__(self) -> Iterator[Record]:
        self._skip()
        while True:
            completed = self.completed = self.dropped = 0
            self.of_several_lines = 0, 0
            reader = self.style.reader(self._feed())
            try:
                for cells in reader:
                    line_num = reader.line_num
                    if line_num - completed > 1 and self._hides_rows(line_num - completed, len(cells)):
                        break
                    self.completed = completed = line_num
                    yield cells
                else:
                    return
                yield self._hidden(reader.line_num - completed)
            except csv.Error as error:
                yield from self._broken(reader.line_num - self.completed, str(error))
            except _TooLong:
                yield self._too_long()

    @property
    def where(self) -> str:
        """The lines of the last record."""
        began, ended = self.of_several_lines
        first = began + 1 if ended == self.completed else self.completed
        first, last = (self.line + at - self.dropped for at in (first, self.completed))
        return f"Line {last:,}" if first == last else f"Lines {first:,} to {last:,}"

    # lines

    def _skip(self) -> None:
        """The lines up to the header's last: they are in the first block."""
        self._load()
        del self.held[: self.skipped]
        self.held_size = sum(map(len, self.held))
        self.line = self.skipped

    def _feed(self) -> Iterator[str]:
        yield from self.held
        while self._load():
            yield from islice(self.held, self.fresh, None)

    def _load(self) -> bool:
        """Lets go of the lines of complete records and holds those of the next block. Raises _TooLong."""
        if self.completed > self.dropped:
            self._let_go(self.completed - self.dropped)
            self.look_beyond = LOOK_SIZE
        if self.held_size > self.look_beyond:
            self.look_beyond = 2 * self.held_size
            if self.likeness.are_mostly_rows(self.held):
                raise _TooLong
        while self.held_size + len(self.carry) <= self.longest:
            block = next(self.blocks, None)
            if block is None:
                last, self.carry = self.carry, ""
                self._hold(last)
                return bool(last)
            self.read_size += len(block)
            if "\\N" in block:
                self.marks_nothing = True
            text = self.carry + block
            cut = text.rfind(self.style.newline) + 1
            self.carry = text[cut:]
            if cut:
                self._hold(text[:cut])
                return True
        raise _TooLong

    def _hold(self, text: str) -> None:
        self.fresh = len(self.held)
        self.held.extend(io.StringIO(text, newline=self.style.newline))
        self.held_size += len(text)

    def _let_go(self, lines: int) -> None:
        if lines:
            self.held_size -= sum(map(len, islice(self.held, lines)))
            del self.held[:lines]
            self.line += lines
            self.dropped += lines

    # what is broken

    def _hides_rows(self, count: int, width: int) -> bool:
        """Whether what csv finds a record of several lines is rows; remembers that there are such records if not."""
        first = self.completed - self.dropped
        lines = self.held[first : first + count]
        if self.read_again_size <= self._allowed():
            if self.likeness.hides_rows(lines):
                return True
            if width != self.likeness.width and self.likeness.fits(lines[0]):
                return True  # it would be rejected anyway
        self.plain_file = False
        self.of_several_lines = self.completed, self.completed + count
        if count > self.longest_record[1]:
            self.longest_record = self.line + first + 1, count
        return False

    def _hidden(self, count: int) -> Rejection:
        self._let_go(self.completed - self.dropped)
        closed = self.line + count
        self._again(count)
        return self._reject(
            1, f"the quote that opens here is closed on line {closed:,} only, and this line is a whole row."
        )

    def _broken(self, count: int, why: str) -> Iterator[Record]:
        """``count`` lines from the one on which the record began; the last is where csv gave up."""
        self._let_go(self.completed - self.dropped)
        never_closed = why.startswith(_STOPS)
        if count == 1 and why.startswith(_CARRIAGE_RETURN):
            yield from self._carriage_returns()
            return
        last = self.line + count
        lines = self.held[:count] if never_closed else self.held[: count - 1]
        ending = None if never_closed else self.held[count - 1]
        if self.read_again_size > self._allowed():
            yield from self._one_by_one(max(len(lines), 1))
        elif count == 1 and not never_closed:
            lines = self._followed()
            text = "a quoted cell goes on after its closing quote; a quote inside a quoted cell is written twice."
            yield self._reject(1 if self.likeness.are_rows(lines, None, self.plain_file) else len(lines), text)
        elif count == 1 or self.likeness.are_rows(lines, ending, self.plain_file):
            self._again(count)
            where = "is never closed" if never_closed else f"is not closed in its row (line {last:,} breaks it)"
            yield self._reject(1, f"the quote that opens here {where}.")
        else:
            where = "is never closed" if never_closed else f"goes on after its closing quote on line {last:,}"
            ends = count if never_closed else max(count, len(self._followed()))
            yield self._reject(ends, f"a quoted cell opens here and {where}.")

    def _followed(self) -> list[str]:
        """The lines of the first record held, read past what is no csv in it; just one where that leads nowhere."""
        is_open = False
        for number, line in enumerate(islice(self.held, _FOLLOWED_LINES), 1):
            is_open, _ = self.style.follow(line, is_open)
            if not is_open:
                return self.held[:number]
        return self.held[:1]

    def _one_by_one(self, count: int) -> Iterator[Record]:
        """Each line a record by itself or rejected: for files so broken that every other way would take for ever."""
        for number, line in enumerate(self.held[:count], self.line + 1):
            cells = self.style.alone(line)
            yield Rejection(0, f"Line {number:,}: a quote is not closed in this line.") if cells is None else cells
        self._let_go(count)

    def _carriage_returns(self) -> Iterator[Record]:
        """A line with carriage returns outside quotes: rows, if each piece is one, else no row."""
        pieces = self.held[0].rstrip("\r\n").split("\r")
        rows = [self.style.alone(piece) for piece in pieces if piece]
        if self.likeness.width > 1 and all(row is not None and len(row) == self.likeness.width for row in rows):
            self._let_go(1)
            yield from (row for row in rows if row is not None)
        else:
            yield self._reject(1, "a carriage return stands outside quotes in the middle of the line.")

    def _too_long(self) -> Rejection:
        """A record beyond the limit: a stray quote before rows, or a giant that is read on to its end and dropped."""
        self._let_go(self.completed - self.dropped)
        may_look = bool(self.held) and self.read_again_size <= self._allowed()
        if may_look and self.likeness.are_rows(self.held, None, self.plain_file):
            self._again(len(self.held))
            return self._reject(1, f"the quote that opens here is not closed in the next {len(self.held):,} lines.")
        first, held = self.line + 1, len(self.held)
        ended, lines = self._skip_record(in_quotes=bool(held))
        self._let_go(held)
        self.line += lines
        unclosed = "" if ended else " A quote that opens here is never closed."
        return Rejection(
            0, f"Line {first:,}: the row is longer than {self.longest:,} characters.{unclosed}{_with_it(held + lines)}"
        )

    def _skip_record(self, in_quotes: bool) -> tuple[bool, int]:
        """Drops text up to the end of the present record; whether the file holds its end, and the lines dropped."""
        odd, lines = in_quotes, 0
        text = self.carry
        while True:
            position = 0
            while (end := text.find(self.style.newline, position)) >= 0:
                odd ^= self._quotes(text[position:end]) % 2 == 1
                position = end + 1
                lines += 1
                if not odd:
                    self.carry = text[position:]
                    return True, lines
            odd ^= self._quotes(text[position:]) % 2 == 1
            following = next(self.blocks, None)
            if following is None:
                self.carry = ""
                return not odd, lines + 1
            text = following

    def _quotes(self, text: str) -> int:
        if self.style.escaped:
            text = text.replace("\\\\", "").replace('\\"', "")
        return 0 if self.style.is_dump else text.count(self.style.quote)

    def _reject(self, count: int, what: str) -> Rejection:
        """Rejects the first lines held as one record."""
        line = self.line + 1
        hint = ""
        if not self.style.escaped and any('\\"' in text for text in self.held[:count]):
            hint = ' It holds \\", but quotes are doubled elsewhere in this file.'
        self._let_go(count)
        return Rejection(0, f"Line {line:,}: {what}{hint}{_with_it(count)}")

    def _again(self, count: int) -> None:
        self.read_again_size += sum(map(len, self.held[:count]))

    def _allowed(self) -> int:
        return _READ_AGAIN * (self.read_size + _READ_AGAIN_OF_SMALL)


def _with_it(count: int) -> str:
    if count < 2:
        return ""
    return " The line after it went with it." if count == 2 else f" The {count - 1:,} lines after it went with it."
