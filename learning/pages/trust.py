"""Why a model version may be believed, or not yet: the gate, the rival, the eval set and the data, in plain words."""

from dataclasses import dataclass
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma

from labeling.kinds import kind_of
from learning.core.evaluation.checks import CPU_LIMIT, FASTER, NEAR_TEACHER, ROW_LIMIT
from learning.core.evaluation.comparison_words import comparison_words
from learning.core.evaluation.interval_words import interval_words, number_words
from learning.models import Alert, AlertKind, ModelVersion
from learning.pages.findings import data_test_rows
from learning.pages.pair_charts import Mark, Strip, kappa_strip, share_strip
from learning.selectors import verdict_words
from learning.selectors.arms import points
from learning.selectors.curve import headline_of
from learning.selectors.eval_uses import eval_uses
from learning.selectors.in_short import in_short
from learning.selectors.outlier_words import outlier_words
from learning.selectors.prediction_cost import ms_words, told
from learning.selectors.skip_words import skip_words
from learning.selectors.verdict_words import ENOUGH
from learning.selectors.verdicts import gate_verdict

MEGABYTE = 1024 * 1024
#: Labels named that are hardest to find when they are left out.
HARDEST_SHOWN = 3


@dataclass(frozen=True)
class CheckRow:
    """One check of the gate. ``value`` and ``limit`` are words with their unit."""

    title: str
    passed: bool
    value: str
    limit: str
    detail: str


@dataclass(frozen=True)
class Bar:
    """A measured share on the scale that all of them share; ``role`` ends its class in the stylesheet."""

    name: str
    rate: dict[str, Any]
    mark: Mark
    role: str


#: What a version was compared with, by where its numbers stand.
_RIVALS = {
    "against_champion": "the champion",
    "against_ranking": "the version that ranked",
    "against_teacher": "its teacher",
}
_TITLES = {
    "beats_baseline": "Better than always the same answer",
    "not_below_nearest_centroid": "No worse than nearest centroid",
    "not_below_length": "No worse than going by length",
    "beats_champion": "Better than the champion",
    "more_right": "Right on more items than the champion",
    "error_not_above_baseline": "No further off than always the same answer",
    "error_not_above_nearest_centroid": "No further off than nearest centroid",
    "error_not_above_champion": "No further off than the champion",
    "kappa_not_below_baseline": "Kappa no lower than always the same answer",
    "kappa_not_below_nearest_centroid": "Kappa no lower than nearest centroid",
    "kappa_not_below_champion": "Kappa no lower than the champion",
    "cheaper_than_baseline": "Cheaper than the best constant answer",
    "gain_beside_baseline": "By an amount that can be relied on",
    "not_dearer_than_nearest_centroid": "No dearer than nearest centroid",
    "cheaper_than_champion": "Cheaper than the champion",
    "gain_beside_champion": "Cheaper than it by an amount that can be relied on",
    "acceptable_cost": "Within the most acceptable cost",
    "deadline": "Within the deadline",
    "calibration": "As honest about how sure it is",
    "latency": "Fast enough",
    "size": "Small enough",
    "prediction_ms": "One row alone within the limit",
    "prediction_cpu": "1,000 predictions within the limit",
    "faster": "Ten times as fast as its teacher",
    "near_teacher": "At most a point below its teacher",
    "enough_held_out": "Measured on enough eval answers",
}


def status_words(version: ModelVersion, verdict: dict[str, Any] | None, is_ranking: bool) -> str:
    """What its status means, in a sentence or two; a damaged file comes first."""
    if is_damaged(version):
        return "Its file is damaged: the newest whole version before it ranks the questions until the file is restored."
    if version.dropped_at is not None:
        return f"What was measured stays; {version.dropped_words}"
    return verdict_words.status_words(version, verdict, is_ranking)


def is_damaged(version: ModelVersion) -> bool:
    """Whether its file was found damaged and nobody has dealt with it."""
    alerts = Alert.objects.filter(project=version.project_id, kind=AlertKind.MODEL_DAMAGED, subject=str(version))
    return alerts.open().exists()


def of(version: ModelVersion) -> dict[str, Any]:
    """Everything of the page's second part; what an older version's report lacks is None or empty."""
    gate = gate_verdict(version)
    report = version.reported
    leaks = report.leaks
    return {
        "gate": gate,
        "in_short": in_short(version, gate),
        "enough": ENOUGH,
        "gate_words": verdict_words.checks_words(gate) if gate and gate["checks"] else "",
        "status_words": status_words(version, gate, version.ranks),
        "checks": [check_row(check) for check in gate["checks"]] if gate else [],
        "beside": beside(gate["numbers"], kind_of(version.project).learned_as) if gate else None,
        "uses": eval_uses(version),
        "ceiling": report.human_ceiling,
        "intervals_note": report.intervals_note,
        "skips_text": skip_words(report.skips),
        "outlier_words": outlier_words(version),
        "outliers": report.outliers,
        "outlier_areas": sorted(report.outliers.get("areas", {}).items(), key=lambda pair: -pair[1]["mean"]),
        "outlier_labels": _hardest(version),
        "prediction_cost": told(version),
        "leaks": leaks,
        "leaks_found": leaks is not None and any(leaks.get(name) for name in ("hash", "near", "group")),
        "data": data_test_rows(version.run) if version.run and version.run.data_tests else None,
        "losses": sorted(report.learner.get("loss_by_learner", {}).items(), key=lambda pair: pair[1]),
        **bars(version),
    }


def _hardest(version: ModelVersion) -> list[dict[str, Any]]:
    """The labels of which least was found when they were left out, by the names of now."""
    found = sorted(version.reported.outliers.get("labels", []), key=lambda row: float(row["found"]))
    return [{**row, "name": version.label_names[row["label"]]} for row in found[:HARDEST_SHOWN]]


def check_row(check: dict[str, Any]) -> CheckRow:
    """A stored check; one that a later gate may add is shown under its own name."""
    name, value, limit = check["name"], check["value"], check["limit"]
    detail = check.get("detail") or ""
    if name in ("beats_baseline", "beats_champion", "cheaper_than_baseline", "cheaper_than_champion"):
        shown = (f"p {probability(value)}", f"p at most {probability(limit)}")
    elif name.startswith("not_below_"):
        shown, detail = (f"{points(value, signed=True)} points", "at least 0"), detail.replace("-", "−")
    elif name.startswith(("error_not_above_", "kappa_not_below_")):
        shown = (number_words(value), f"{'at most' if 'above' in name else 'at least'} {number_words(limit)}")
    elif name == "more_right":
        shown = (f"{points(value, signed=True)} points", f"above {points(limit)}" if limit else "above 0")
    elif name == "calibration":
        shown = (f"{value:+.3f}".replace("-", "−"), f"at most +{limit:g}")
    elif name == "deadline":
        shown = (f"{value:.1f} ms", f"at most {limit:g} ms")
    elif name in (ROW_LIMIT, CPU_LIMIT):
        shown, detail = (ms_words(value), f"at most {ms_words(limit)}"), ""
    elif name == FASTER:
        shown = (f"{value:.1f} times", f"at least {limit:g}")
    elif name == NEAR_TEACHER:
        shown = (f"{points(value, signed=True)} points", f"at least {points(limit, signed=True)}")
    elif name == "latency":
        shown, detail = (f"{value:.1f} ms", f"at most {limit:.0f} ms"), detail.replace("ms an item, ", "one item; ")
    elif name == "size":
        shown = (f"{value / MEGABYTE:.2f} MB", f"at most {limit / MEGABYTE:.0f} MB")
        detail = detail.replace("bytes, the champion's", "the champion's") + " bytes"
    elif name == "enough_held_out":
        shown, detail = (f"{value:,.0f}", f"at least {limit:,.0f}"), ""
    else:
        shown = (f"{value:.4g}", f"{limit:.4g}")
    return CheckRow(_TITLES.get(name, name.replace("_", " ").capitalize()), check["passed"], *shown, detail)


def probability(p: float) -> str:
    """A p-value as papers write it; below .001 it says so."""
    if p < 0.001:
        return "below .001"
    return f"{p:.3f}".lstrip("0") if p < 0.9995 else "1"


def beside(numbers: dict[str, Any], learned_as: str | None = None) -> dict[str, Any] | None:
    """The paired comparison with the champion, or with the version that ranked; None when there was neither."""
    for key, rival in _RIVALS.items():
        paired = numbers.get(key)
        if paired:
            found = {"rival": rival, **paired, "difference": points(paired["difference"], signed=True)}
            low, high = 100 * paired["low"], 100 * paired["high"]
            found["interval"] = interval_words(low, high, paired["n"], 1, signed=True)
            return found | _said(learned_as, found) | {"loss": _lower_is_better(numbers.get("loss"))}
    return None


def _said(learned_as: str | None, found: dict[str, Any]) -> dict[str, str]:
    """What the version has over its rival and the other way round, and what the numbers beside it are called."""
    said = comparison_words(learned_as)
    gained, lost = intcomma(found["only_candidate"]), intcomma(found["only_champion"])
    return {
        "won": said.ahead.format(n=gained, rival=found["rival"]),
        "lost": said.behind.format(n=lost, rival=found["rival"]),
        "difference_name": f"Difference in {said.difference}",
        "loss_name": said.loss[0].upper() + said.loss[1:],
    }


def _lower_is_better(loss: dict[str, float] | None) -> dict[str, str] | None:
    """Stored as what the rival loses more; said as what this version's squared error rises or falls by."""
    if not loss:
        return None
    return {
        "difference": f"{-loss['difference']:+.4f}".replace("-", "−"),
        "interval": interval_words(-loss["high"], -loss["low"], int(loss["n"]), 4, signed=True),
        "p": probability(loss["p_better"]),
    }


def bars(version: ModelVersion) -> dict[str, Any]:
    """The headline beside what people and constants reach, on one scale; empty when nothing was measured."""
    name = headline_of(version.project)
    own = version.metrics.get(name)
    if not own:
        return {"bars": [], "bar_strip": None}
    found: list[tuple[str, dict[str, Any] | None, str]] = [
        (f"Model {version.number}", own, "own"),
        ("One person with another", version.reported.human_ceiling, "ceiling"),
    ]
    found += [
        (title, version.baselines.get(key, {}).get(name), "baseline")
        for key, title in (
            ("nearest_centroid", "Nearest centroid"), ("length", "By length"), ("median", "Always the median"),
            ("majority", "Always the same answer"),
            ("most_frequent", "Always the most frequent set"), ("stratified", "Drawn by share"), ("coin", "A coin"),
        )
    ]  # fmt: skip
    known = [(title, rate, role) for title, rate, role in found if rate]
    lowest = min(rate["low"] for _, rate, _ in known)
    is_share = name != "quadratic_kappa"
    strip: Strip = share_strip(0.5 if lowest >= 0.5 else 0.0) if is_share else kappa_strip(lowest)
    placed = [
        Bar(title, rate, strip.mark(rate["value"], rate["low"], rate["high"], rate["n"]), role)
        for title, rate, role in known
    ]
    return {"bar_strip": strip, "bars": placed}


def measured_on(version: ModelVersion) -> str:
    return kind_of(version.project).words.measured_on
