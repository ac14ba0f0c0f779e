"""Files for one kind of reader each. Adding one is one module here and one line in the registry."""

from labeling.services.exports.datasets.base import DataSetFormat
from labeling.services.exports.datasets.preference import (
    OpenAiPreference,
    TrlPreference,
    TrlPreferenceChat,
    TrlUnpaired,
)
from labeling.services.exports.datasets.ranking import Qrels, RankingFile, RunFile

DATA_SETS: dict[str, DataSetFormat] = {
    format_.name: format_
    for format_ in (
        TrlPreference(), TrlPreferenceChat(), TrlUnpaired(), OpenAiPreference(), RankingFile(), Qrels(), RunFile(),
    )
}  # fmt: skip

__all__ = ["DATA_SETS", "DataSetFormat"]
