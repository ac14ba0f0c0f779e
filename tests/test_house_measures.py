"""What ``benchmarks.house`` counts: each measure sees a planted fault."""

import ast
from pathlib import Path

import pytest

from benchmarks import house

KINDS = {"classification", "pairwise"}


def branch_lines(text: str) -> list[int]:
    return sorted(house._branch_lines(ast.parse(text), KINDS))


def test_the_names_of_kinds_are_those_of_the_registry():
    from labeling.kinds import KINDS

    assert house.kind_names() == set(KINDS)


@pytest.mark.parametrize(
    "line",
    [
        "project.kind == Kind.PAIRWISE",
        "'pairwise' != kind",
        "kind in (Kind.PAIRWISE, Kind.MULTILABEL)",
        "settings.kind == Kind.CLASSIFICATION.value",
        "table = {Kind.PAIRWISE: 1}[kind]",
        "Tab('Ranking', kind=Kind.PAIRWISE)",
        "extra = {} if rows.model is Pair else {1: 2}",
        "isinstance(row, Pair)",
        "isinstance(row, (Item, Pair))",
    ],
)
def test_a_question_about_the_kind_is_a_branch_point(line):
    assert branch_lines(line) == [1]


def test_a_case_about_the_kind_is_a_branch_point():
    assert branch_lines("match kind:\n    case Kind.PAIRWISE:\n        pass\n    case other:\n        pass") == [2]


@pytest.mark.parametrize(
    "line", ["kind = project.kind", "project.state == State.DONE", "'pairwise'", "KINDS[kind].majority(x)"]
)
def test_asking_the_kind_itself_is_none(line):
    assert branch_lines(line) == []


def test_imports_in_a_circle_are_a_loop_and_a_chain_is_none():
    assert house._loops({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [{"a", "b", "c"}]
    assert house._loops({"a": {"b"}, "b": {"c"}}) == []


def test_siblings_see_through_the_folders_below_them():
    graph = {"p.one.x": {"p.two.y", "q.z"}, "p.two.y": {"p.one.x"}}
    assert house._siblings(graph, "p") == {"p.one": {"p.two"}, "p.two": {"p.one"}}


def test_the_tallest_chain_counts_its_rooms():
    assert house._longest({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == ["a", "b", "c"]


def functions_of(folder: Path, text: str) -> list[list[str]]:
    path = folder / "module.py"
    path.write_text(text)
    return [found.tokens for found in house._functions(house.PythonFile(path))]


def test_short_functions_and_docstrings_are_no_twins(tmp_path, monkeypatch):
    monkeypatch.setattr(house, "ROOT", tmp_path)
    body = "\n".join(f"    x{n} = {n}" for n in range(7))
    long = f'def one():\n    """Words of one."""\n{body}\n'
    other = f'def one():\n    """Other words."""\n{body}\n'
    assert functions_of(tmp_path, "def short():\n    return 1\n") == []
    assert functions_of(tmp_path, long) == functions_of(tmp_path, other) != []


def test_copies_are_twins_and_a_function_is_none_of_what_stands_inside_it(tmp_path, monkeypatch):
    monkeypatch.setattr(house, "ROOT", tmp_path)
    body = "\n".join(f"        x{n} = {n}" for n in range(9))
    path = tmp_path / "module.py"
    path.write_text(
        "\n".join(f"def {name}():\n    def inside():\n{body}\n    return inside" for name in ("one", "two"))
    )
    assert house._alike(list(house._functions(house.PythonFile(path)))) == [
        "module.py:2 inside ~ module.py:14 inside", "module.py:2 inside ~ module.py:13 two",
        "module.py:14 inside ~ module.py:1 one", "module.py:1 one ~ module.py:13 two",
    ]  # fmt: skip


def test_code_lines_leave_out_comments_docstrings_and_blank_lines(tmp_path):
    path = tmp_path / "module.py"
    path.write_text('"""Docstring."""\n\n# a comment\nx = [\n    1,\n]\n')
    assert house.PythonFile(path).code_lines() == 3


def test_a_measure_says_whether_its_aim_is_met():
    assert str(house.Measure("twins", 1, 0, [])) == "MISS twins: 1 (at most 0)"
    assert house.Measure("tests", 0.9, 0.9, [], at_least=True).is_met
