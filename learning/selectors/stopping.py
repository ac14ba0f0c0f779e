"""Whether labeling could stop: advice in one sentence, from what the newest versions' reports hold."""

from dataclasses import dataclass
from typing import Any

from labeling.kinds import kind_of
from labeling.models import Project
from learning.core.evaluation.interval_words import interval_words, number_words
from learning.core.evaluation.stopping import STABLE, TIMES, advise
from learning.models import ModelVersion
from learning.selectors.arms import points
from learning.selectors.estimates import ends, with_note


@dataclass(frozen=True)
class Stopping:
    stop: bool
    text: str
    kappas: list[float]
    gain: dict[str, Any] | None
    min_gain: float

    def as_dict(self) -> dict[str, Any]:
        return {"stop": self.stop, "text": self.text, "kappas": self.kappas,
                "gain": with_note(self.gain) if self.gain else None, "min_gain": self.min_gain}  # fmt: skip


def stopping(project: Project, up_to: int | None = None) -> Stopping:
    """Advice as of the newest version, or as of version number ``up_to``."""
    versions = ModelVersion.objects.filter(project=project).of_runs()
    if up_to is not None:
        versions = versions.filter(number__lte=up_to)
    rows = list(versions.newest_first().values_list("report__stability__kappa", "report__gain")[:TIMES])
    kappas = [float(kappa) for kappa, _ in reversed(rows) if kappa is not None]
    found = rows[0][1] if rows else None
    gain = found if found and ends(found) else None  # an interval that says nothing advises nothing
    advice = advise(kappas, gain["high"] if gain else None, project.min_gain)
    least = f"{points(project.min_gain)} points"
    said = ", ".join(number_words(kappa) for kappa in kappas)
    if advice.stop and gain:
        text = (
            f"You could stop: the last {TIMES + 1} models give the same answers (kappa {said}), and together they"
            f" gained at most {points(gain['high'])} points, less than your least of {least}."
        )
    elif advice.stable and gain and gain["low"] >= project.min_gain:
        text = f"Go on: the last {TIMES + 1} models gained at least {points(gain['low'])} points together."
    elif advice.stable:
        measured = f"is {_words(gain)}" if gain else f"is not known ({_words(found)})" if found else "is not measured"
        text = (
            f"The last models give the same answers (kappa {said}), but their gain {measured}: more eval answers would"
            f" show whether it is below your least of {least}."
        )
    elif kappas and min(kappas) < STABLE:
        text = f"Go on: the newest models still answer differently (kappa {said}; {STABLE} {TIMES} times is stable)."
    elif kappas:
        text = f"Go on: the newest models agree (kappa {said}), but {STABLE} {TIMES} times is what counts as stable."
    elif kind_of(project).measures_choosing:
        text = f"Whether to stop can be said after {TIMES + 1} models."
    else:
        text = ""  # a ranking is done when its intervals are short enough, which its own page says
    return Stopping(advice.stop, text, kappas, found, project.min_gain)


def _words(gain: dict[str, Any]) -> str:
    return interval_words(100 * gain["low"], 100 * gain["high"], gain.get("n"), 1, unit="points")
