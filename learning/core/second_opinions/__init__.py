"""Ask again or ask new: which known items are worth a further answer, and how many of the questions.

Where people err some answers are better spent on items that have one already, given by somebody else: on those whose
label is likely wrong by what a model and all answers say. How many these are says how many of the questions, and so
does how often second answers contradict: where nobody errs they soon stop. Decision 0078 has what was measured.
"""

from learning.core.second_opinions.asking import Again, AskedInTurn, SecondOpinions, ask_again, queue_again
from learning.core.second_opinions.rules import RULES, KnownItems, Shown

__all__ = ["RULES", "Again", "AskedInTurn", "KnownItems", "SecondOpinions", "Shown", "ask_again", "queue_again"]
