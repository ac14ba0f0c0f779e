"""How a file says quotes, blanks and line ends inside cells: its own lines vote, once for the whole file."""

from collections.abc import Callable, Iterable, Sequence

from labeling.services.imports.delimited.dumps import is_of_dump
from labeling.services.imports.delimited.style import Style

_VOTES = 1_000  # lines that are asked
_OTHER_VOTES = 100
ESCAPE = '\\"'
DOUBLED = '""'
BACKSLASH = "\\"

#: Between these a program that quotes has little to escape, and one that escapes does not quote.
_RARELY_QUOTED = "\t|\x01"

#: The lines of the file that hold one of some marks.
Holding = Callable[[Sequence[str]], Iterable[str]]


def settled(style: Style, width: int, holds: Callable[[str], bool], holding: Holding) -> Style:
    """The style of a file whose header has this many cells. ``holds`` tells whether the file holds a mark at all."""
    if style.quote != '"':
        return style
    style = style.but(escaped=False, is_dump=False, skips_blanks=False)  # the head alone may have said otherwise
    delimiter = style.delimiter
    behind_blank = f'{delimiter} "'
    if delimiter != " " and holds(behind_blank):
        style = style.but(skips_blanks=_skips_blanks(holding([behind_blank]), style, width))
    if not holds(BACKSLASH):
        return style
    style = style.but(is_dump=_is_dump(holding([BACKSLASH, '"']), style, width))
    if not style.is_dump and holds(ESCAPE):
        style = style.but(escaped=is_escaped(holding([ESCAPE, DOUBLED]), style, width))
    return style


def is_escaped(lines: Iterable[str], style: Style, width: int) -> bool:
    r"""Whether lines that hold ``\"`` or ``""`` say that a backslash escapes a quote: more are rows only so.

    A line that is a row of doubled quotes and leaves a cell open otherwise weighs half: the cell may have more lines.
    """
    doubled, escaped = style.but(escaped=False), style.but(escaped=True)
    balance = votes = others = 0
    for line in lines:
        if ESCAPE not in line:
            others += 1
            if others > _OTHER_VOTES:
                continue  # a file of doubled quotes costs no more
        says_escaped, says_doubled = (_is_row(each, line, width) for each in (escaped, doubled))
        if says_escaped != says_doubled:
            balance += 2 if says_escaped else -1 if escaped.follow(line)[0] else -2
        votes += 1
        if votes >= _VOTES:
            break
    return balance > 0


def _skips_blanks(lines: Iterable[str], style: Style, width: int) -> bool:
    """Whether lines in which a quote stands behind a delimiter and a blank say that the quote opens a cell there."""
    skipping = style.but(skips_blanks=True)
    balance = 0
    for votes, line in enumerate(lines, 1):
        says_skipped, says_plain = (
            any(_is_row(each.but(escaped=escaped), line, width) for escaped in (False, True))
            for each in (skipping, style)
        )
        balance += 1 if says_skipped else -1 if says_plain and not skipping.follow(line)[0] else 0
        if votes >= _VOTES:
            break
    return balance > 0


def _is_dump(lines: Iterable[str], style: Style, width: int) -> bool:
    r"""Whether lines say that nothing is quoted and the backslash escapes. One that escapes nothing settles it: no.

    Where a line is a row either way, it is a dump's between tabs and the like.
    """
    dump, escaped = style.but(is_dump=True), style.but(escaped=True)
    balance = votes = others = 0
    goes_on = False
    for line in lines:
        # the rest of a row may hold no mark, and then is not among these: the next line is a row of its own
        has_escape, is_tail = BACKSLASH in line, goes_on and not _is_row(dump, line, width)
        if not has_escape:
            others += 1
            if others > _OTHER_VOTES:
                continue
        elif not is_of_dump(line, style.delimiter):
            return False
        goes_on = has_escape and dump.alone(line) is None
        if is_tail:
            continue
        says_dump = goes_on or _is_row(dump, line, width)
        says_quoted = _is_row(style, line, width) or _is_row(escaped, line, width)
        leaves_open = style.follow(line)[0] or escaped.follow(line)[0]
        if leaves_open and (goes_on or not says_dump):
            balance -= 1  # a quoted cell of several lines
        elif says_dump != says_quoted:
            # a line whose quote stays open may be the first of a quoted cell: it is no word for a dump
            balance += (2 if has_escape and not leaves_open else 0) if says_dump else -2
        elif says_dump:
            balance += -1 if _is_quoted(line, style) else int(has_escape and style.delimiter in _RARELY_QUOTED)
        votes += 1
        if votes >= _VOTES:
            break
    return balance > 0


def _is_quoted(line: str, style: Style) -> bool:
    """Whether some cell of a line is enclosed in quotes."""
    cells = line.rstrip("\r\n").split(style.delimiter)
    return any(len(cell) > 1 and cell[0] == cell[-1] == style.quote for cell in cells)


def _is_row(style: Style, line: str, width: int) -> bool:
    return len(style.alone(line) or ()) == width
