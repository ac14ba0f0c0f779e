"""What every kind of question provides. Adding one is a package here, a line in the registry, a template, a script."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Iterable, Mapping, Sequence, Set
from typing import Any, ClassVar

from labeling.kinds.aggregate import Aggregate
from labeling.kinds.question import InvalidAnswer, Question
from labeling.kinds.subject import PerSubject, Subject
from labeling.kinds.words import KindWords

NO_FAMILY = "none"

#: Settings of a project that only questions about pairs have.
PAIR_SETTINGS = frozenset(("pairs", "repeat_share"))
#: Settings that only questions about items have.
ITEM_SETTINGS = frozenset((
    "gold_feedback", "practice_questions", "practice_pass", "practice_tries", "weight_review",
    "production_a_day", "production_outliers", "production_share", "reviews_a_day", "predictions_a_minute",
    "predictions_a_day", "prediction_limit_ms", "prediction_limit_cpu_ms",
    "production_mode",
))  # fmt: skip

#: Settings of a project whose second opinions can be weighed: those whose answers are right or wrong.
OPINION_SETTINGS = frozenset(("second_opinions", "second_share", "most_answers"))
#: Of kinds whose answers are one label out of several in no order: those that are weighed by evidence.
VOTE_SETTINGS = frozenset(("machine_votes", "consensus_by"))

#: How far two answers are apart, by their JSON with sorted keys: 0 for the same.
Distance = Callable[[str, str], float]

#: What the others say and what somebody says instead, as labels; "" on one side where a label is left out or added.
Confusion = tuple[str, str]

#: A label as it is given: ``name``, ``hotkey`` and ``description``, the last two "" where there is none.
LabelSpec = dict[str, str]


class QuestionKind(ABC):
    """One kind of question: what it asks, what an answer is, what several come to, how it looks and who learns it.

    Whatever differs between kinds is data or a method here; nothing outside this package asks for a kind's name.
    """

    name: ClassVar[str]
    words: ClassVar[KindWords]
    #: what is asked about
    subject: ClassVar[Subject] = Subject.ITEM

    # ---- answers and labels ----
    #: whether the answers are labels of the project's own label set
    has_labels: ClassVar[bool] = True
    #: whether a project must say what it is for
    needs_purpose: ClassVar[str] = ""
    #: type of the label column of exported item rows: text, integer, number or list
    label_type: ClassVar[str] = "text"
    #: type of ``value_of``: text, integer, number or list (of texts)
    value_type: ClassVar[str] = "text"
    #: further columns of exported item rows, name and type; ``Aggregate.columns`` has their values
    item_columns: ClassVar[tuple[tuple[str, str], ...]] = ()
    #: settings of a project that mean nothing for this kind
    settings_left_out: ClassVar[frozenset[str]] = PAIR_SETTINGS | OPINION_SETTINGS | VOTE_SETTINGS | {"fall_back"}

    #: whether one label rules the others out: a machine's probabilities of them sum to 1
    labels_exclude: ClassVar[bool] = True

    # ---- learning ----
    #: labels in use without which there is nothing to tell apart, and so nothing to learn
    labels_to_learn: ClassVar[int] = 1
    #: An item has one label of several that are no scale: mistakes have prices, and beside a single label there are
    #: unknown patterns.
    is_one_label: ClassVar[bool] = False
    #: how the answers are learned: a name in ``learning.families``; NO_FAMILY asks at random and learns nothing
    family: ClassVar[str] = NO_FAMILY
    #: of the family ``labels``: what an answer is worth, a name in ``learning.core.evaluation.objectives``
    learned_as: ClassVar[str | None] = None
    #: the metric shown first
    headline: ClassVar[str] = "accuracy"
    #: whether runs measure what choosing brings over drawing at random, and say when one could stop
    measures_choosing: ClassVar[bool] = False
    #: whether the answers come to a ranking of the items, which has its own page
    ranks_items: ClassVar[bool] = False

    # ---- imports ----
    #: whether rows may name items that are there, by their ids, instead of bringing one
    rows_name_items: ClassVar[bool] = False
    #: whether items are judged in contexts that have facts and a picture of their own
    has_contexts: ClassVar[bool] = False
    #: whether an import may bring answers about items that are there already
    answers_come_alone: ClassVar[bool] = False

    # ---- the annotation page ----
    #: what stands where the question is shown, and the bar of answers below it
    stage: ClassVar[str] = "pages/annotate/_item.html"
    #: whether there comes an end to what can be asked: items are worked off, pairs are drawn
    runs_out: ClassVar[bool] = True
    #: stylesheets besides those every annotation page has
    styles: ClassVar[tuple[str, ...]] = ()
    #: keys of the page that the kind's script needs whatever the labels are called
    own_keys: ClassVar[frozenset[str]] = frozenset()
    #: up to this many buttons stand in one row with Undo and Skip on a narrow screen
    one_row_labels: ClassVar[int] = 0

    @property
    def answers_are_of_items(self) -> bool:
        """Whether an item has answers of its own; those about a pair belong to the two."""
        return PerSubject(item=True, pair=False).of(self.subject)

    @property
    def doubles_eval_items(self) -> bool:
        """Whether some of the eval items are answered by a second person."""
        return "eval_double_share" not in self.settings_left_out

    @property
    def asks_second_opinions(self) -> bool:
        """Whether the queue can weigh a further answer against a new item."""
        return "second_opinions" not in self.settings_left_out

    @property
    def template(self) -> str:
        return f"kinds/{self.name}.html"

    @property
    def script(self) -> str:
        return f"js/kinds/{self.name}.js"

    @abstractmethod
    def validate(self, answer: Any, question: Question) -> dict[str, Any]:
        """The answer in canonical form (equal answers are equal dicts). Raises InvalidAnswer."""

    @abstractmethod
    def answer_from_import(self, value: Any, question: Question) -> dict[str, Any]:
        """The canonical answer for the reserved ``label`` column of an import. Raises InvalidAnswer."""

    @abstractmethod
    def labels_of(self, answer: dict[str, Any]) -> tuple[str, ...]:
        """The label names an answer gives."""

    def relabeled(self, answer: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
        """The answer with other words for its labels, in canonical form. For kinds whose answers are made of labels."""
        return {field: names.get(value, value) if isinstance(value, str) else value for field, value in answer.items()}

    @property
    def refuse_scheme(self) -> str:
        """Why labels of the kind are neither merged nor split; "" when they are."""
        return "" if self.has_labels else "The answers of this project are no labels of its own."

    def refuse_rename(self, name: str, new_name: str) -> str:
        """Why a label cannot be called otherwise; "" when it can. ``refuse_labels`` is asked of the whole set, too."""
        return ""

    @abstractmethod
    def within(self, answer: dict[str, Any], labels: Container[str]) -> dict[str, Any] | None:
        """What the answer says in these labels alone; None when that is nothing: it gave a label that is not in use."""

    @abstractmethod
    def aggregate(self, answers: Sequence[dict[str, Any]], labels: Set[str] = frozenset()) -> Aggregate:
        """What one or more answers come to. ``labels`` is the label set in its order, archived ones among them: kinds
        whose labels are steps of a scale go by it."""

    @abstractmethod
    def flat(self, answer: dict[str, Any]) -> str:
        """The answer as one csv cell; "" for an answer that gives none of the labels."""

    def value_of(self, answer: dict[str, Any]) -> Any:
        """The answer as one value of the type ``value_type``, for tools that know no nested answers."""
        return self.flat(answer)

    def value_names(self, labels: Sequence[str]) -> tuple[str, ...]:
        """The names that values are, in their order; none where values are no names."""
        return tuple(labels) if self.has_labels else ()

    def probable_names(self, labels: Set[str]) -> Set[str]:
        """Of what a machine gives probabilities: the labels, but for kinds that have none."""
        return labels

    def most_probable(self, probabilities: Mapping[str, float], question: Question) -> dict[str, Any]:
        """The answer that a machine's probabilities come to. Raises InvalidAnswer."""
        most = max(probabilities.values())
        names = [name for name, share in probabilities.items() if share == most]
        if len(names) > 1:
            raise InvalidAnswer("probabilities", "Two labels are equally probable: say the label beside them.")
        return self.answer_from_import(names[0], question)

    def in_order(self, labels: Iterable[str]) -> list[str]:
        """Labels from the lowest to the highest, of kinds whose labels are steps of a scale; none of others."""
        return []

    def confusions(self, answer: dict[str, Any], others: Sequence[str]) -> tuple[Confusion, ...]:
        """Where an answer differs from what the others come to, whose labels are given; nothing where it agrees."""
        (said,) = self.labels_of(answer)
        return () if said in others else ((" or ".join(others), said),)

    def is_right(self, answer: dict[str, Any], truth: dict[str, Any], labels: Sequence[str] = ()) -> bool:
        """Whether an answer to a question whose true answer is known passes. ``labels`` is the label set in its order,
        called as the answers call them."""
        return answer == truth

    def chance(self, n_labels: int) -> float:
        """The probability that a guess passes, by which gold tells guessing from knowing."""
        return 1.0 / max(n_labels, 2)

    def distance(self, totals: Mapping[str, int], labels: Set[str] = frozenset()) -> Distance | None:
        """How far apart two answers are where people are compared: Krippendorff's difference as it enters the sums
        (squared, for an ordinal scale). ``totals`` says how often each answer was given, by its JSON with sorted keys.
        None where answers are the same or not and there is nothing between."""
        return None

    def label_set(self, labels: Sequence[LabelSpec]) -> list[LabelSpec]:
        """The labels as a project keeps them, in their order, from what was given: a kind whose labels are steps may
        read names, fill gaps and sort. Asked of whole label sets, and of the labels alone that an import adds."""
        return list(labels)

    def refuse_labels(self, names: Sequence[str]) -> str:
        """Why these cannot be labels of a project; "" when they can. Asked of whole label sets, and of the labels alone
        that an import adds."""
        return ""
