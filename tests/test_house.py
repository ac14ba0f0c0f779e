"""The house rules are enforced: import contracts fail on planted faults, pins agree, static files hold together."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {"config", "labeling", "learning", "clients", "examples", "tests", "benchmarks"}
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def tracked(pattern: str) -> list[Path]:
    """Files of the repository, those not yet committed included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", pattern]
    listed = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=True).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).exists()]


# imports

FAULTS = {
    "apps": [
        ("labeling/models/label.py", "from learning.models import Run"),
        ("learning/models/run.py", "import config.urls"),
    ],
    "labeling": [
        ("labeling/models/label.py", "from labeling.services import projects"),
        ("labeling/pages/account.py", "import labeling.api.urls"),
        ("labeling/oddments.py", ""),
    ],
    "learning": [
        ("learning/models/run.py", "import learning.services.pipeline.run"),
        ("learning/oddments/__init__.py", ""),
    ],
    "services-of-labeling": [
        ("labeling/services/validation/errors.py", "import labeling.services.projects.manage"),
        ("labeling/services/serving/mixture.py", "import labeling.services.serving.next_tasks"),
    ],
    "services-of-learning": [("learning/services/runs/environment.py", "import learning.services.pipeline.run")],
    "core-rooms": [("learning/core/arrays.py", "import learning.core.cycle")],
    "core": [
        ("learning/core/arrays.py", "import django.conf"),
        ("learning/core/arrays.py", "from celery import shared_task"),
        ("learning/core/arrays.py", "from labeling.models import Item"),
    ],
    "rest": [("labeling/services/projects/manage.py", "from rest_framework import serializers")],
    "labeling-without-ml": [("labeling/selectors/agreement.py", "import sklearn.metrics")],
}


def contracts_hold(tree: Path, *contracts: str) -> bool:
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo", *chosen]
    ran = subprocess.run(
        command, cwd=tree, text=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(tree)}, check=False
    )
    assert "Contracts:" in ran.stdout, ran.stdout + ran.stderr
    return ran.returncode == 0


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    tree = tmp_path_factory.mktemp("house")
    for room in ("config", "labeling", "learning"):
        shutil.copytree(ROOT / room, tree / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    assert contracts_hold(tree, *FAULTS)
    return tree


def test_every_contract_has_a_planted_fault():
    assert set(FAULTS) == {contract["id"] for contract in CONTRACTS}


@pytest.mark.parametrize("contract", FAULTS)
def test_contract_fails_on_a_planted_fault(copy, contract):
    for name, line in FAULTS[contract]:
        path = copy / name
        before = path.read_text() if path.exists() else None
        path.parent.mkdir(exist_ok=True)
        path.write_text((before or "") + f"\n{line}\n")
        try:
            assert not contracts_hold(copy, contract), f"{line or 'a new room'} in {name} was not noticed"
        finally:
            if before is None:
                path.unlink()
            else:
                path.write_text(before)


def test_what_answers_requests_loads_no_machine_learning():
    """Start, memory and fork of every web process: nothing about learning happens inside a request. Nor does what a
    request imports late load it; ``tests/e2e/test_axe.py`` looks at the server after every page was asked for."""
    late = [name for path in tracked("labeling/*.py") + tracked("learning/*.py") for name in imported_late(path)]
    assert "learning.core.quality.gold_test" in late
    code = (
        "import django, importlib, sys; django.setup()\n"
        "for name in ['config.urls', *sys.argv[1:]]:\n"
        "    importlib.import_module(name)\n"
        "    loaded = {'scipy', 'sklearn', 'openTSNE', 'wordllama', 'onnxruntime'} & sys.modules.keys()\n"
        "    if loaded: sys.exit(f'{name} loads {loaded}')"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-c", code, *sorted(set(late))]
    ran = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def imported_late(path: Path) -> Iterator[str]:
    """Modules of ours that functions of what answers requests import when they are called."""
    elsewhere = {"management", "jobs.py", "sweep.py", "migrations"}  # of commands, workers and the scheduler
    if elsewhere & set(path.parts) or path.is_relative_to(ROOT / "learning" / "core"):
        return
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    for node in (part for function in functions for part in ast.walk(function)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(("labeling.", "learning.")):
            yield node.module
            for name in node.names:
                if (ROOT / node.module.replace(".", "/") / f"{name.name}.py").exists():
                    yield f"{node.module}.{name.name}"


def test_every_room_is_named():
    rooms = {path.relative_to(ROOT).parts[0] for path in tracked("*.py")} - {"manage.py"}
    assert rooms <= ROOMS, "a new top-level room: name it here, in pyproject.toml and in docs/architecture.md"


def test_no_module_is_named_after_nothing():
    nameless = [
        path
        for path in tracked("*.py")
        if NAMELESS & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
    ]
    assert not nameless


# code


def test_jobs_are_doorways():
    """A job is at most ten lines: ids in, a service called, a small dict out."""
    long = []
    for path in (ROOT / "labeling" / "jobs.py", ROOT / "learning" / "jobs.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno + 1 > 10:
                long.append(f"{path.name}: {node.name}")
    assert not long


def test_nobody_uses_the_global_random_state():
    calls = re.compile(r"\bnp\.random\.(?!default_rng|Generator|SeedSequence|PCG64|Philox|BitGenerator)\w+")
    found = [f"{path.name}: {match[0]}" for path in tracked("*.py") for match in calls.finditer(path.read_text())]
    assert not found


def test_broad_excepts_say_why():
    """One that hides an error has its reason on the line; one that cleans up and then raises needs none."""
    found = {path: broad_excepts(path.read_text()) for path in tracked("*.py")}
    assert {str(path.relative_to(ROOT)): lines for path, lines in found.items() if lines} == {}


def broad_excepts(text: str) -> list[int]:
    """Lines of the handlers of anything that do not always end by raising, and give no reason."""
    lines = text.splitlines()
    handlers = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ExceptHandler)]
    return [
        node.lineno
        for node in handlers
        if _catches_anything(node.type)
        and not isinstance(node.body[-1], ast.Raise)
        and not re.search(r"#.*\w+ \w+", lines[node.lineno - 1])
    ]


def _catches_anything(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(_catches_anything(one) for one in caught.elts)
    return caught is None or ast.unparse(caught).rpartition(".")[2] in ("Exception", "BaseException")


@pytest.mark.parametrize(("handler", "is_found"), [
    ("except Exception:\n    pass", True),
    ("except:\n    pass", True),
    ("except (KeyError, builtins.BaseException) as error:\n    pass", True),
    ("except Exception as error:\n    if a:\n        raise\n    b()", True),
    ("except Exception:  # whatever it was\n    pass", False),
    ("except Exception:\n    a()\n    raise", False),
    ("except MyException:\n    pass", False),
])  # fmt: skip
def test_a_broad_except_without_a_reason_is_found(handler, is_found):
    assert broad_excepts(f"try:\n    a()\n{handler}") == ([3] if is_found else [])


def test_browser_waits_for_functions():
    """Playwright evaluates an expression again at each look, which a page's policy forbids; a function only once.

    Who looks when the condition holds already sees no fault: such a test fails only on a slow machine.
    """
    function = re.compile(r"\s*(async )?(\([^)]*\)|\w+) =>")
    found = []
    for path in tracked("tests/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "wait_for_function":
                said = node.args[0].values[0] if isinstance(node.args[0], ast.JoinedStr) else node.args[0]
                if not (isinstance(said, ast.Constant) and function.match(str(said.value))):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not found


# requirements


def pins(name: str) -> dict[str, str]:
    found = {}
    for line in (ROOT / name).read_text().splitlines():
        line = line.partition("#")[0].strip()
        if line and not line.startswith("-"):
            package, _, version = line.partition("==")
            found[re.sub(r"\[.*\]", "", package).lower().replace("_", "-")] = version
    return found


@pytest.mark.parametrize(
    "name", [f"requirements{kind}.txt" for kind in ("", "-dev", "-bare", "-s3")] + ["constraints.txt"]
)
def test_requirements_are_pinned_exactly(name):
    loose = {package: version for package, version in pins(name).items() if not re.fullmatch(r"\d[\w.]*", version)}
    assert not loose


def test_constraints_agree_with_requirements():
    together = pins("constraints.txt")
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert {package: together.get(package) for package in pins(name)} == pins(name)


# static files


@pytest.fixture
def collect(settings, tmp_path):
    """Collects the product's static files and a folder of the test into ``tmp_path/out``; returns that folder."""
    (tmp_path / "more").mkdir()
    settings.STATIC_ROOT = tmp_path / "out"
    settings.STATICFILES_DIRS = [*settings.STATICFILES_DIRS, tmp_path / "more"]
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "config.staticfiles.ManifestStorage"}}

    def run() -> Path:
        call_command("collectstatic", verbosity=0, interactive=False)
        return tmp_path / "out"

    return run


def module_imports(path: Path) -> list[str]:
    found = re.findall(r"""(?:\bfrom\s*|\bimport\s*\(?\s*)["'](\.{0,2}/[^"']+)["']""", path.read_text())
    return [name for name in found if not name.startswith("//")]


def test_module_imports_lead_to_hashed_files(collect):
    """An ES module imported under its plain name would be cached for ever in its old version."""
    out = collect()
    checked = 0
    for original in (ROOT / "static" / "js").rglob("*.js"):
        served = out / staticfiles_storage.stored_name(str(original.relative_to(ROOT / "static")))
        assert served.exists()
        for name in module_imports(served):
            target = out / name.removeprefix("/static/") if name.startswith("/") else (served.parent / name).resolve()
            assert target.exists(), f"{original.name} imports {name}, which is not there"
            assert re.search(r"\.[0-9a-f]{12}\.js$", target.name), (
                f"{original.name} imports {name} under its plain name"
            )
            checked += 1
    assert checked >= 5


def test_a_missing_module_fails_the_build(collect, tmp_path):
    (tmp_path / "more" / "js").mkdir()
    (tmp_path / "more" / "js" / "planted.js").write_text('import { nothing } from "./not-there.js";\n')
    with pytest.raises(Exception, match=r"not-there\.js"):
        collect()


def test_pages_hold_no_inline_script_or_style():
    """The content security policy forbids both."""
    inline = re.compile(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))[^>]*>|\sstyle=|\son[a-z]+=\"", re.I)
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked("templates/**")
        for match in inline.finditer(path.read_text())
    ]
    assert not found


def test_nothing_comes_from_elsewhere():
    """No page loads a file from another host."""
    remote = re.compile(r"(?:src|href)=\"(?:https?:)?//|url\((?:[\"']?https?:)?//|@import\s+[\"']https?:", re.I)
    files = [*tracked("templates/**"), *tracked("static/css/**")]
    found = [f"{path.relative_to(ROOT)}: {match[0]}" for path in files for match in remote.finditer(path.read_text())]
    assert not found


# the page about where things are

CELL = 215


def test_what_the_architecture_names_is_there_and_its_cells_can_be_read_at_a_glance():
    page = (ROOT / "docs" / "architecture.md").read_text()
    named = re.findall(r"`((?:labeling|learning|config|static|templates|tests|docs)/[\w./-]+)", page)
    assert len(named) > 50
    assert not [name for name in named if not (ROOT / name).exists()]
    cells = [cell for line in page.splitlines() if line.startswith("| ") for cell in line.strip("| ").split(" | ")]
    assert not [cell for cell in cells if len(cell) > CELL]
