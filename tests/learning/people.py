"""A project whose texts tell their label, and somebody who answers truthfully."""

import random

from labeling.models import Item, Project, Split, User
from tests.factories import make_answers, make_items, make_project

_HAM = ("see you at lunch", "call me when you land", "the meeting moved", "happy birthday", "train is late")
_SPAM = ("win a free prize now", "claim your cash award", "urgent call this number", "free ringtone offer")


def texts(n: int, seed: int = 0, spam_share: float = 0.4) -> list[str]:
    """``n`` different messages; ``truth`` tells spam from ham."""
    rng = random.Random(seed)
    words = [f"word{number}" for number in range(200)]
    made = []
    for number in range(n):
        phrase = rng.choice(_SPAM if rng.random() < spam_share else _HAM)
        made.append(f"{phrase} {' '.join(rng.choices(words, k=4))} {number}")
    return made


def truth(item: Item) -> dict[str, str]:
    return {"label": "spam" if item.text.startswith(_SPAM) else "ham"}


def make_text_project(manager: User, n_pool: int = 200, n_eval: int = 40, **fields: object) -> Project:
    """Pool and eval items without an answer."""
    project = make_project(manager=manager, **fields)
    every = texts(n_pool + n_eval)
    make_items(project, every[:n_pool])
    make_items(project, every[n_pool:], split=Split.EVAL)
    return project


def answer_some(project: Project, annotator: User, n: int, split: Split = Split.POOL) -> None:
    """Truthful answers to the first ``n`` open items of a split, in the order of import."""
    items = Item.objects.open_in(split).filter(project=project).order_by("ordinal")[:n]
    make_answers((item, annotator, truth(item)) for item in items)
