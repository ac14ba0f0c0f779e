"""Files of other tools: one module a tool, one line here. ``refused`` are those of which nothing can be kept yet."""

from collections.abc import Collection, Sequence

from labeling.services.imports.foreign.argilla import Argilla
from labeling.services.imports.foreign.base import Record, Tool
from labeling.services.imports.foreign.doccano import DoccanoFile
from labeling.services.imports.foreign.label_studio import LabelStudioTasks
from labeling.services.imports.foreign.label_studio_table import LabelStudioTable
from labeling.services.imports.foreign.preference import OpenAiPreferences, TrlPreferences, TrlUnpairedFile
from labeling.services.imports.foreign.prodigy import Prodigy
from labeling.services.imports.foreign.querent import (
    OwnAnswers,
    OwnConsensus,
    OwnJudgments,
    OwnPairItems,
    OwnWithoutItems,
)
from labeling.services.imports.foreign.spacy import Spacy

#: In the order in which they are asked whether a file is theirs.
TOOLS: dict[str, type[Tool]] = {
    tool.name: tool
    for tool in (
        OwnWithoutItems, OwnJudgments, OwnAnswers, OwnPairItems, OwnConsensus,
        LabelStudioTasks, LabelStudioTable, Argilla, Prodigy, OpenAiPreferences, TrlPreferences, TrlUnpairedFile,
        DoccanoFile, Spacy,
    )
}  # fmt: skip
#: Said instead of a tool: the columns as they stand.
AS_IT_STANDS = "none"


def tool_of(names: Collection[str], first: Sequence[Record], container: str) -> str:
    """The name of the tool that wrote a file with these columns and first records; "" for no known one."""
    for name, tool in TOOLS.items():
        if container in tool.containers and tool.knows(names, first, container):
            return name
    return ""


__all__ = ["AS_IT_STANDS", "TOOLS", "Tool", "tool_of"]
