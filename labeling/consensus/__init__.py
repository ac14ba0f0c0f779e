"""What several answers to one subject come to: the one truth that export, training, gate and pages read.

``Consensus`` is the outcome; ``consensus_of`` takes a reviewer's decision, else counts by the rule of the kind, people
before imported answers and those whom an import names before what it says in nobody's name; ``left_out`` says whose
answers do not count at all; ``agreement_of`` says how well people agree over many subjects, and
``against_the_others`` how one of them stands to the rest; ``weigh`` asks whether there is evidence for another rule
than the majority.
"""

from labeling.consensus.agreement import PeopleAgreement, agreement_of, share_of_equal
from labeling.consensus.by_evidence import Ballots, MachineBallots, WeighedConsensus, weigh
from labeling.consensus.others import GivenBy, against_the_others
from labeling.consensus.quarantined import LeftOut, left_out
from labeling.consensus.subject import (
    NAMED,
    REMEMBERED,
    Consensus,
    Given,
    consensus_of,
    counted,
    decided,
    remembering,
)

__all__ = [
    "NAMED",
    "REMEMBERED",
    "Ballots",
    "Consensus",
    "Given",
    "GivenBy",
    "LeftOut",
    "MachineBallots",
    "PeopleAgreement",
    "WeighedConsensus",
    "against_the_others",
    "agreement_of",
    "consensus_of",
    "counted",
    "decided",
    "left_out",
    "remembering",
    "share_of_equal",
    "weigh",
]
