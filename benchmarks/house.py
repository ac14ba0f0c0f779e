"""How the house stands: what a reader of the code trips over, counted.

    python -m benchmarks.house
    python -m benchmarks.house --list twins branches

Prints one line a measure with its aim: branch points on the name of a kind outside ``kinds/`` and ``families/``; the
same in templates; functions written twice; import cycles; floors of each services folder; class names used twice; long
template lines; code lines of tests over those of the source. ``--list`` names the places; with ``--check`` a missed aim
is exit code 1.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import io
import re
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import grimp

ROOT = Path(__file__).resolve().parents[1]
APPS = ("config", "labeling", "learning")
TWIN_RATIO, TWIN_LINES = 0.8, 8
LONG_LINE = 160
KIND_FOLDERS = ("labeling/kinds/", "learning/families/")


@dataclass(frozen=True)
class Measure:
    """``value`` against ``aim``; ``places`` are what a person would open."""

    name: str
    value: float
    aim: float
    places: list[str]
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        return self.value >= self.aim if self.at_least else self.value <= self.aim

    def __str__(self) -> str:
        sign = "at least" if self.at_least else "at most"
        return f"{'ok  ' if self.is_met else 'MISS'} {self.name}: {self.value:g} ({sign} {self.aim:g})"


@dataclass(frozen=True)
class PythonFile:
    """One Python file of the repository."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def code_lines(self) -> int:
        """Lines with code: neither blank nor comment nor docstring."""
        quiet = {
            line
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        }
        skip = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
        lines: set[int] = set()
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type not in skip:
                lines.update(range(token.start[0], token.end[0] + 1))
        return len(lines - quiet)


def sources(*folders: str) -> list[PythonFile]:
    """Python files below the folders, migrations left out."""
    paths = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return [PythonFile(path) for path in paths if "migrations" not in path.parts]


#: Models of what is asked about: who asks which of them a row is wants a table over subjects.
SUBJECT_MODELS = frozenset(("Item", "Pair"))


def kind_names() -> set[str]:
    """What the registry of kinds holds, read from the code: no Django is started."""
    names = set()
    for source in sources("labeling/kinds"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                for line in node.body:
                    if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") == "name":
                        names.add(ast.literal_eval(line.value))
    return names


def branches() -> Measure:
    """Comparisons with the name of a kind, cases of a ``match`` and keys of a table, and questions whether a row is an
    item or a pair, outside the kinds and families."""
    names = kind_names()
    places = []
    for source in sources(*APPS):
        if source.name.startswith(KIND_FOLDERS):
            continue
        places += [f"{source.name}:{line}" for line in sorted(_branch_lines(source.tree, names))]
    return Measure("branch points on a kind's name outside kinds and families", len(places), 10, places)


def _branch_lines(tree: ast.Module, names: set[str]) -> Iterator[int]:
    def is_kind(node: ast.AST | None) -> bool:
        if isinstance(node, ast.Attribute) and node.attr == "value":
            return is_kind(node.value)
        if isinstance(node, ast.Attribute):
            return isinstance(node.value, ast.Name) and node.value.id == "Kind" and node.attr.isupper()
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return any(is_kind(element) for element in node.elts)
        return isinstance(node, ast.Constant) and node.value in names

    def is_subject(node: ast.AST) -> bool:
        if isinstance(node, ast.Tuple):
            return any(is_subject(element) for element in node.elts)
        return isinstance(node, ast.Name) and node.id in SUBJECT_MODELS

    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Compare)
            and any(is_kind(side) or is_subject(side) for side in (node.left, *node.comparators))
        ) or (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance" and is_subject(node.args[1])):
            yield node.lineno
        elif isinstance(node, ast.match_case):
            if any(isinstance(part, ast.MatchValue) and is_kind(part.value) for part in ast.walk(node.pattern)):
                yield node.pattern.lineno
        elif isinstance(node, ast.Dict) and any(is_kind(key) for key in node.keys):
            yield node.lineno
        elif isinstance(node, ast.keyword) and node.arg in ("kind", "kinds") and is_kind(node.value):
            yield node.value.lineno


def template_branches() -> Measure:
    names = "|".join(sorted(kind_names()))
    asks = re.compile(rf"{{%\s*(?:el)?if\b[^%]*?[\"'](?:{names})[\"'][^%]*%}}")
    places = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        if path.is_relative_to(ROOT / "templates" / "kinds"):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            places += [f"{path.relative_to(ROOT)}:{number}"] * len(asks.findall(line))
    return Measure("branch points on a kind's name in templates", len(places), 0, places)


def twins() -> Measure:
    """Pairs of functions whose tokens are alike, docstrings left out: most of them copies with other names in them.

    A function is no copy of one that stands inside it: the whole is alike to a part that is most of it."""
    places = _alike([found for source in sources(*APPS) for found in _functions(source)])
    return Measure("twin functions", len(places), 0, places)


class _Function(NamedTuple):
    """``lines`` are those it stands on; ``tokens`` what it says."""

    file: str
    name: str
    lines: range
    tokens: list[str]

    def __str__(self) -> str:
        return f"{self.file}:{self.lines.start} {self.name}"

    def holds(self, other: _Function) -> bool:
        return self.file == other.file and other.lines.start in self.lines


def _alike(functions: list[_Function]) -> list[str]:
    functions = sorted(functions, key=lambda found: len(found.tokens))
    places = []
    for number, one in enumerate(functions):
        counts = Counter(one.tokens)
        matcher = difflib.SequenceMatcher(None, b=one.tokens, autojunk=False)
        for other in functions[number + 1 :]:
            enough = TWIN_RATIO * (len(one.tokens) + len(other.tokens)) / 2
            if len(one.tokens) < enough:
                break  # the others are longer still
            if other.holds(one) or (counts & Counter(other.tokens)).total() < enough:
                continue
            matcher.set_seq1(other.tokens)
            if matcher.ratio() >= TWIN_RATIO:
                places.append(f"{one} ~ {other}")
    return places


def _functions(source: PythonFile) -> Iterator[_Function]:
    """Those of ``TWIN_LINES`` lines or more."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        if len(lines) < TWIN_LINES:
            continue
        alone = ast.parse(ast.unparse(node)).body[0]
        assert isinstance(alone, ast.FunctionDef | ast.AsyncFunctionDef)
        if ast.get_docstring(alone):
            alone.body = alone.body[1:] or [ast.Pass()]
        text = io.StringIO(ast.unparse(alone))
        tokens = [token.string for token in tokenize.generate_tokens(text.readline) if token.string.strip()]
        yield _Function(source.name, node.name, lines, tokens)


def module_graph() -> dict[str, set[str]]:
    """Who imports whom inside the three apps, imports for the type checker alone left out."""
    graph = grimp.build_graph(*APPS, exclude_type_checking_imports=True, cache_dir=None)
    modules = {module for module in graph.modules if ".migrations" not in module}
    return {module: set(graph.find_modules_directly_imported_by(module)) & modules for module in modules}


def cycles() -> Measure:
    """Modules that import each other, and sibling packages that do, however far round."""
    graph = module_graph()
    # a package imports what it shows, which imports the package's other modules: `__init__` is no room of its own
    places = [
        " ".join(sorted(loop))
        for loop in _loops({m: {o for o in to if not m.startswith(o + ".")} for m, to in graph.items()})
    ]
    for package in sorted({module.rpartition(".")[0] for module in graph} - {""}):
        places += [f"packages: {' '.join(sorted(loop))}" for loop in _loops(_siblings(graph, package))]
    return Measure("module and package cycles", len(places), 0, places)


def _siblings(graph: dict[str, set[str]], package: str) -> dict[str, set[str]]:
    """Imports between the direct children of a package."""
    depth = package.count(".") + 2

    def child(module: str) -> str:
        return ".".join(module.split(".")[:depth])

    edges: dict[str, set[str]] = defaultdict(set)
    for module, imported in graph.items():
        if module.startswith(package + "."):
            inside = {child(other) for other in imported if other.startswith(package + ".")}
            edges[child(module)] |= inside - {child(module)}
    return edges


def _loops(graph: dict[str, set[str]]) -> list[set[str]]:
    """Strongly connected parts of more than one node (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    loops = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph.get(node, ()):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            part = set()
            while True:
                part.add(stack.pop())
                if node in part:
                    break
            if len(part) > 1:
                loops.append(part)

    sys.setrecursionlimit(10_000)
    for node in sorted(graph):
        if node not in index:
            visit(node)
    return loops


def floors() -> Measure:
    """The longest chain of imports inside a services folder: a room stands on the rooms it imports."""
    graph = module_graph()
    deepest, places = 0, []
    for package in ("labeling.services", "learning.services"):
        rooms = sorted({".".join(module.split(".")[:3]) for module in graph if module.startswith(package + ".")})
        folders = [package, *(room for room in rooms if any(module.startswith(room + ".") for module in graph))]
        for folder in folders:
            chain = _longest(_siblings(graph, folder))
            deepest = max(deepest, len(chain))
            places.append(f"{len(chain)} in {folder}: {' > '.join(name.rpartition('.')[2] for name in chain)}")
    return Measure("floors of the tallest services folder", deepest, 6, places)


def _longest(graph: dict[str, set[str]]) -> list[str]:
    loops = {node: frozenset(part) for part in _loops(graph) for node in part}
    known: dict[str, list[str]] = {}

    def below(node: str) -> list[str]:
        if node not in known:
            known[node] = [node]
            others = [other for other in graph.get(node, ()) if loops.get(other, 0) != loops.get(node, 1)]
            known[node] = [node, *max((below(other) for other in others), key=len, default=[])]
        return known[node]

    return max((below(node) for node in sorted(graph)), key=len, default=[])


def class_names() -> Measure:
    """Of the application and of the client each: the client's models are called as the schema's."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for source in sources(*APPS, "clients"):
        program = "client" if source.name.startswith("clients/") else "application"
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef) and node.name not in DJANGO_WORDS:
                found[node.name, program].append(f"{source.name}:{node.lineno}")
    places = [f"{name}: {' '.join(where)}" for (name, _), where in sorted(found.items()) if len(where) > 1]
    return Measure("class names used twice", len(places), 0, places)


#: Names that Django or DRF asks for: each belongs to the class around it or to its module.
DJANGO_WORDS = {"Meta", "Command", "Migration"}


def long_lines() -> Measure:
    lines = [
        (f"{path.relative_to(ROOT)}:{number}", len(line))
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if line.strip()
    ]
    places = [place for place, length in lines if length > LONG_LINE]
    share = round(100 * len(places) / len(lines), 1)
    return Measure(f"percent of template lines over {LONG_LINE} characters", share, 1.9, places)


def test_share() -> Measure:
    """Python against Python; what tests in JavaScript come to beside the scripts of the pages is said in the place."""
    tests, product = (sum(source.code_lines() for source in sources(*folders)) for folders in (("tests",), APPS))
    scripts = [f"JavaScript: {_script_lines('tests/js')} lines of tests, {_script_lines('static/js')} of the product"]
    share = round(tests / product, 2)
    return Measure("code lines of tests over those of the source", share, 0.9, scripts, at_least=True)


def _script_lines(folder: str) -> int:
    texts = (re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL) for path in (ROOT / folder).rglob("*.js"))
    return sum(bool(line.strip()) and not line.strip().startswith("//") for text in texts for line in text.splitlines())


MEASURES: dict[str, Callable[[], Measure]] = {
    "branches": branches,
    "templates": template_branches,
    "twins": twins,
    "cycles": cycles,
    "floors": floors,
    "classes": class_names,
    "lines": long_lines,
    "tests": test_share,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", nargs="+", choices=MEASURES, default=[], metavar="MEASURE", help=", ".join(MEASURES))
    parser.add_argument("--check", action="store_true", help="exit with 1 when an aim is missed")
    chosen = parser.parse_args()
    missed = False
    for name in chosen.list or MEASURES:
        measure = MEASURES[name]()
        missed |= not measure.is_met
        print(measure)
        for place in measure.places if name in chosen.list else ():
            print(f"       {place}")
    sys.exit(chosen.check and missed)


if __name__ == "__main__":
    main()
