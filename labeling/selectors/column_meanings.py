"""What the columns of exported rows mean, a sentence each, for whoever reads a file without the application."""

from collections.abc import Mapping

from labeling.selectors.columns import Column

MEANINGS: Mapping[str, str] = {
    # an answer
    "item_id": "Number of the item.",
    "external_id": "The id that the item came with.",
    "kind": "Kind of the question.",
    "answer": "What the person said; its keys are those of the kind of question.",
    "annotator": "Who answered: a name or a pseudonym, null for a label that came with the data.",
    "source": "Whether a person answered (human), the label came with the data (import) or a reviewer decided "
    "(review).",
    "created_at": "When the answer was stored, UTC.",
    "elapsed_ms": "Milliseconds from the question to the answer, as the page counted them.",
    "revision": "How often the answer was changed; only the newest is here.",
    "instructions_version": "Number of the instructions that were in force.",
    "quarantined": "Whether the person's answers are left out of consensus and training.",
    "doubt": "Whether who answered said that he is not sure.",
    "comment": "What he said with the answer, as he wrote it; null for nothing.",
    "assisted": "Whether the person was shown what a machine takes it to be, and did not answer independently of it.",
    "suggestion": "What the machine suggested, shown or, by a random share, withheld; null where it had nothing.",
    "suggestion_machine": "Name of that machine.",
    "suggestion_version": "Its version.",
    # how it came to be asked
    "split": "pool: may be asked about by choice and learned from; eval: drawn at random, only ever measured on.",
    "reason": "Why the question was put: eval, random, gold, repeat, strategy, relabel (its answer was doubted), "
    "second_opinion (another answer was worth more than a new item) or feedback (a prediction for a program outside "
    "was unsure or about an outlier).",
    "strategy": "The query strategy that chose it; aimed: gold that was chosen for this person.",
    "model_version": "Number of the model version that ranked it.",
    "model_verified": "Whether that version passed the gate on at least 200 eval answers; null without a model.",
    "epoch": "Number of the ranking it was chosen from.",
    "utility": "Its score in that ranking: higher is asked sooner.",
    "propensity": "Probability with which it was drawn, when it was drawn.",
    "pool_size": "How many items could have been drawn then.",
    "draw": "Place of the draw among all draws.",
    "weight_lure": "Weight by which a mean of losses over these rows estimates that over the pool (LURE).",
    "weight_missing": "Why there is no such weight.",
    "context": "What the item stands in: the text that it answers.",
    "left_id": "Number of the item that stood left.",
    "right_id": "Number of the item that stood right.",
    # an item
    "label": "What the answers come to; null where they do not agree.",
    "confidence": "Share of the answers that the label has.",
    "votes": "How many answers of people count.",
    "agreement": "Share of pairs of answers that are equal.",
    "soft_label": "Share of the answers by label.",
    "label_source": "Where the label comes from: answers of people (human), a reviewer (review), the data (import).",
    "weighed_label": "What people's answers come to by the rule that gold shows to be better, as the newest run "
    "learned it; null for a tie, for held-out items and where answers came or went since.",
    "weighed_confidence": "How sure that is.",
    "weighed_confidence_is": "probability, or order: more is surer, and .9 does not mean nine in ten.",
    "weighed_rule": "The rule: majority, gold_weighted, dawid_skene and others.",
    "weighed_rule_version": "Its version.",
    "machine_votes": "How many machines had a say in it, by the weight that gold has proven.",
    "reviewed": "Whether a reviewer decided the label; votes and agreement stay those of people.",
    "reviewed_by": "Who decided: a name or a pseudonym.",
    "reviewed_at": "When, UTC.",
    "reviewed_in_bulk": "Whether it was one decision about many items: then the label is in no estimate.",
    "label_low": "Lower end of the interval for the median of all who might be asked.",
    "label_high": "Upper end of that interval.",
    "label_coverage": "Probability with which it covers that median, at least.",
    "status": "Whether the item is asked about.",
    "text": "The text that is shown.",
    "image_sha256": "SHA-256 of the picture as it was uploaded.",
    "group": "Items of one group are on one side of the split.",
    "origin": "Where the item came from.",
    # a judgment of two items
    "pair_id": "Number of the pair.",
    "left_external_id": "The id that the left item came with.",
    "right_external_id": "The id that the right item came with.",
    "left_text": "The text of the left item.",
    "right_text": "The text of the right item.",
    "left_image_sha256": "SHA-256 of the left picture.",
    "right_image_sha256": "SHA-256 of the right picture.",
    "left_data": "The columns of the left item.",
    "right_data": "The columns of the right item.",
    "context_id": "Number of the context that the two were compared in.",
    "context_external_id": "The id that the context came with.",
    "context_purpose": "What the two were compared for.",
    "context_facts": "Further facts of the context.",
    "gold": "The known true judgment, as the two stood.",
    "gold_explanation": "Why the known answer is true.",
    # a prediction
    "probabilities": "What the machine gave each label, where it gave probabilities.",
    "machine": "Name of the machine.",
    "machine_version": "Its version when it predicted.",
    "cost": "What the prediction cost, in the unit of the machine's owner.",
    "ui_version": "Version of the page that asked.",
    "viewport": "Size of the window, in pixels.",
}  # fmt: skip

#: Of these a row that has the column always has a value.
ALWAYS = frozenset(
    (
        "item_id",
        "kind",
        "answer",
        "source",
        "label_source",
        "created_at",
        "revision",
        "split",
        "quarantined",
        "assisted",
        "votes",
        "pair_id",
    )
)


def meaning_of(column: Column) -> str:
    """What the column says of itself, else what every column of its name means."""
    return column.meaning or MEANINGS.get(column.name, "")


def is_nullable(column: Column) -> bool:
    """Judgments have an ``item_id`` that nothing is read into."""
    if column.is_own or column.name not in ALWAYS:
        return True
    return column.name == "item_id" and not column.meaning and column.sql == "NULL"
