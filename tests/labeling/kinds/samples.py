"""Of every kind of question: what is asked, answered and imported. A new kind has its line in SAMPLES."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


def item_rows(answer_of: Callable[[int], Any]) -> list[Json]:
    """Items whose number is in their text; every tenth comes with an answer."""
    rows = []
    for n in range(60):
        row = {"id": f"i{n}", "text": f"message number {n} {'win a prize' if n % 2 else 'see you soon'} word{n * 7}"}
        rows.append(row | ({"label": answer_of(n)} if n % 10 == 0 else {}))
    return rows


def number_of(task: Json) -> int:
    return int(task["item"]["text"].split()[2])


def pair_rows() -> list[Json]:
    """Three contexts of six items, of which the higher number is the stronger, and some judgments about them."""
    contexts = [
        {
            "id": f"c{c}i{i}",
            "text": f"argument number {i} of {c} {'convincing ' * i}",
            "context": {"id": f"c{c}", "text": f"Debate {c}?"},
        }
        for c in range(3)
        for i in range(6)
    ]
    judged = [
        {"left": f"c{c}i{i}", "right": f"c{c}i{i + 1}", "winner": "right", "annotator": "somebody"}
        for c in range(3)
        for i in range(3)
    ]
    return contexts + judged


def winner_of(task: Json) -> Json:
    left, right = (int(task[side]["text"].split()[2]) for side in ("left", "right"))
    return {"winner": "left" if left > right else "right"}


@dataclass(frozen=True)
class Sample:
    """``truth`` answers a task as REST has it; ``other`` is an answer that fits any task, ``wrong`` ones fit none."""

    rows: list[Json]
    imported: int
    truth: Callable[[Json], Json]
    other: Json
    wrong: tuple[Any, ...]
    labels: tuple[str, ...] = ()


SAMPLES = {
    "classification": Sample(
        item_rows(lambda n: ("ham", "spam")[n % 2]),
        6,
        lambda task: {"label": ("ham", "spam")[number_of(task) % 2]},
        {"label": "ham"},
        ({"label": "nope"}, {"label": None}, {"labels": ["ham"]}, "ham", None, {}),
        ("ham", "spam"),
    ),
    "multilabel": Sample(
        item_rows(lambda n: ["ham"] if n % 2 else []),
        6,
        lambda task: {"labels": ["spam"] if number_of(task) % 2 else ["ham", "spam"]},
        {"labels": []},
        ({"labels": ["nope"]}, {"labels": "ham"}, {"label": "ham"}, ["ham"], None, {}),
        ("ham", "spam"),
    ),
    "rating": Sample(
        item_rows(lambda n: n % 3 + 1),
        6,
        lambda task: {"rating": number_of(task) % 3 + 1},
        {"rating": 2},
        ({"rating": 4}, {"rating": None}, {"rating": True}, {"label": "2"}, 2, None, {}),
        ("1 dull", "3 bright"),
    ),
    "pairwise": Sample(
        pair_rows(),
        9,
        winner_of,
        {"winner": "tie"},
        ({"winner": "upper"}, {"winner": None}, {"label": "left"}, "left", None, {}),
    ),
    "guess": Sample(
        item_rows(str),
        6,
        lambda task: {"number": number_of(task)},
        {"number": 7},
        ({"number": 101}, {"number": "7"}, {"number": True}, {"label": 7}, 7, None, {}),
    ),
}
