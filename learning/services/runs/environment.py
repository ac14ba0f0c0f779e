"""What a run was made with: code, libraries, parameters. Who has these, the data and the seed gets the same model."""

import hashlib
import platform
import subprocess
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from learning.models import Run

_ROOT = Path(__file__).resolve().parents[3]
_PACKAGES = ("config", "labeling", "learning")
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "onnxruntime", "wordllama", "pillow", "django")


def of_run(run: Run, parameters: dict[str, Any]) -> dict[str, Any]:
    """JSON for ``Run.environment``; the part that does not change is found once a process. ``parameters`` are the
    family's own."""
    project = run.project
    return {
        **_fixed(),
        "parameters": {
            "kind": project.kind,
            "modality": project.modality,
            "strategy": project.strategy,
            "learner": project.learner,
            "encoder": project.encoder,
            "retrain_every": project.retrain_every,
            "overlap": project.overlap,
            "eval_share": project.eval_share,
            "random_share": project.random_share,
            "split_seed": project.split_seed,
            **({"costs": project.costs} if project.costs else {}),
            **parameters,
        },
    }


@cache
def _fixed() -> dict[str, Any]:
    return {
        "code": {"version": _version(), "commit": _commit(), "source_sha256": source_sha256()},
        "python": platform.python_version(),
        "libraries": {name: found for name in _LIBRARIES if (found := _installed(name))},
    }


def _version() -> str:
    try:
        return str(tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])
    except (OSError, KeyError):
        return _installed("querent")


def _installed(name: str) -> str:
    try:
        return installed(name)
    except PackageNotFoundError:
        return ""


def _commit() -> str:
    """The commit that is checked out; empty without a repository or without git."""
    if not (_ROOT / ".git").exists():
        return ""
    try:
        found = subprocess.run(
            ["git", "-C", str(_ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


@cache
def source_sha256() -> str:
    """One hash of all our Python files: tells changed code from the commit it claims to be."""
    hasher = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((_ROOT / package).rglob("*.py")):
            hasher.update(f"{path.relative_to(_ROOT)}\0".encode())
            hasher.update(path.read_bytes())
    return hasher.hexdigest()
