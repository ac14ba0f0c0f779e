"""The trail's actions are one list: nothing in the tree records another name, and the list holds no name too many."""

import ast
from pathlib import Path

import pytest

from labeling.services.audit.actions import ACTIONS
from labeling.services.audit.trail import record

ROOT = Path(__file__).resolve().parents[2]
FILES = [path for room in ("labeling", "learning", "config") for path in sorted((ROOT / room).rglob("*.py"))]
LIST = ROOT / "labeling" / "services" / "audit_actions.py"


def recorded(code: str) -> list[str]:
    """The names in the first argument of every ``record`` call; of a variable what is assigned to it beside the call.

    An f-string counts as the part that stands before its first hole, with a star.
    """
    found: list[str] = []
    for function in ast.walk(ast.parse(code)):
        if not isinstance(function, ast.FunctionDef):
            continue
        assigned = {
            target.id: node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("record", "record_change"):
                action = call.args[0]
                found += names(assigned.get(action.id, action) if isinstance(action, ast.Name) else action)
    return found


def names(action: ast.expr) -> list[str]:
    if isinstance(action, ast.Constant):
        return [str(action.value)]
    if isinstance(action, ast.IfExp):
        return names(action.body) + names(action.orelse)
    if isinstance(action, ast.JoinedStr) and isinstance(action.values[0], ast.Constant):
        return [f"{action.values[0].value}*"]
    return [ast.unparse(action)]


def unknown(code: str) -> list[str]:
    return [name for name in recorded(code) if not is_known(name)]


def is_known(name: str) -> bool:
    return any(action.startswith(name[:-1]) for action in ACTIONS) if name.endswith(".*") else name in ACTIONS


def test_every_record_in_the_tree_names_a_known_action():
    found = {path.relative_to(ROOT).as_posix(): unknown(path.read_text()) for path in FILES}
    assert found.pop("labeling/services/audit/trail.py") == ["action"], "record_change hands its own on"
    assert {path: given for path, given in found.items() if given} == {}


def test_no_action_is_on_the_list_that_nothing_records():
    given = {name for path in FILES if path != LIST for name in recorded(path.read_text())}
    # console.added and the like come of an f-string
    assert {
        action for action in ACTIONS if action not in given and f"{action.partition('.')[0]}.*" not in given
    } == set()


@pytest.mark.parametrize(
    "call", ['record("run.aksed")', 'done = "run.x" if a else "run.cancelled"\n    record(done)', 'record(f"rnu.{a}")']
)
def test_a_planted_name_is_found(call):
    assert len(unknown(f"def act(a):\n    {call}")) == 1


@pytest.mark.django_db
def test_an_unknown_action_is_refused_when_it_is_recorded():
    with pytest.raises(ValueError, match="not among the actions"):
        record("run.aksed", user=None)
