"""What versions were made with, side by side, and where that differs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from labeling.kinds import kind_of
from labeling.models import Project
from learning.models import ModelVersion

#: Names of ``Run.environment["parameters"]`` as they are told; others are told under their own.
_PARAMETERS = {
    "learner": "Learner, as set", "encoder": "Encoder, as set", "strategy": "Query strategy, as set",
    "retrain_every": "Retrained every", "overlap": "Answers wanted", "eval_share": "Eval share",
    "random_share": "Random share", "split_seed": "Seed of the split",
}  # fmt: skip


@dataclass(frozen=True)
class SettingRow:
    """One setting; ``values`` are words, one a version, empty where it is not known."""

    name: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


def setting_rows(project: Project, versions: Sequence[ModelVersion]) -> list[SettingRow]:
    """All that is known of how they were made, one row a setting, in a fixed order; rows without a value left out."""
    told = [dict(_settings(project, version)) for version in versions]
    names = dict.fromkeys(name for each in told for name in each)
    rows = [SettingRow(name, tuple(each.get(name, "") for each in told)) for name in names]
    return [row for row in rows if any(row.values)]


def _settings(project: Project, version: ModelVersion) -> Iterable[tuple[str, str]]:
    run = version.run
    environment: dict[str, Any] = run.environment if run else {}
    yield "Family", kind_of(project).family
    yield "Learner", version.learner
    yield "Encoder", version.encoder
    if version.teacher:
        yield "Taught by", str(version.teacher)
    yield "Query strategy", version.strategy
    yield "Learned from", f"{version.trained_on:,}"
    yield "Labels", f"{len(version.labels):,}"
    if run:
        yield "Label set, version", str(run.labels_version)
        yield "Data snapshot, SHA-256", run.data_sha256[:12]
        yield "Items then", f"{run.items_seen:,}"
        yield "Seed", str(run.seed)
        yield "Weights of sources", _words(run.source_weights)
    yield "Eval set, SHA-256", version.eval_sha256[:12]
    for name, value in (environment.get("parameters") or {}).items():
        if name not in ("kind", "modality"):  # a project's, for good
            yield _PARAMETERS.get(name, name.replace("_", " ").capitalize()), _words(value)
    code = environment.get("code") or {}
    yield "Code", " ".join(part for part in (code.get("version", ""), code.get("commit", "")[:12]) if part)
    yield "Python", environment.get("python", "")
    for name, found in (environment.get("libraries") or {}).items():
        yield name, found


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(part)}" for name, part in sorted(value.items()))
    if isinstance(value, list | tuple):
        return ", ".join(_words(part) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)
