"""People's names in the results of a pairwise run, told as the reader may hear them."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from learning.families.pairwise.shapes import Overview, PersonRate, SuspectFacts

NameOf = Callable[[str], str]
#: The one reason that names somebody else (``audit.suspects_of``).
COPIES = "gives the answers of {} in "
_COPIES = re.compile(COPIES.format("(.*)") + r"(?=[0-9]+% of the pairs both judged$)", re.DOTALL)
_RATES = ("left_rates", "flip_rates", "fast_rates", "reliability")


def reason_told(why: str, name_of: NameOf) -> str:
    """A suspect's reason; somebody else whom it names is called as the reader may hear it."""
    return _COPIES.sub(lambda found: COPIES.format(name_of(found[1])), why)


def overview_told(overview: Overview, name_of: NameOf) -> Overview:
    """The overview with every name told by ``name_of``."""

    def rates(rows: list[PersonRate]) -> list[PersonRate]:
        return [replace(row, annotator=name_of(row.annotator)) for row in rows]

    return replace(
        overview,
        left_rates=rates(overview.left_rates),
        flip_rates=rates(overview.flip_rates),
        fast_rates=rates(overview.fast_rates),
        reliability=[(name_of(name), value, n) for name, value, n in overview.reliability],
        suspects=[
            SuspectFacts(name_of(one.annotator), reason_told(one.why, name_of), one.statistic)
            for one in overview.suspects
        ],
    )


def report_told(report: Any, name_of: NameOf) -> Any:
    """A version's stored report, of pairs the rows about people told by ``name_of``."""
    found = report.get("pairwise")
    if not found:
        return report
    told = {name: [[name_of(row[0]), *row[1:]] for row in found[name]] for name in _RATES if name in found}
    if "suspects" in found:
        told["suspects"] = [[name_of(who), reason_told(why, name_of), *rest] for who, why, *rest in found["suspects"]]
    return {**report, "pairwise": {**found, **told}}
