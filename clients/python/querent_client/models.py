"""Written by generate_models.py from the OpenAPI schema; do not edit."""

from collections.abc import Mapping
from typing import Any, Final, Literal, NotRequired, TypedDict

from querent_client.operation import Operation

AnswerOutStateEnum = Literal["answered"]


AskAboutEnum = Literal["all", "unlabeled"]


BandEnum = Literal["low", "medium", "high"]


BlankEnum = Literal[""]


ConsensusByEnum = Literal["majority", "evidence"]


ExportFormatEnum = Literal["jsonl", "csv", "parquet", "trl-preference", "trl-preference-chat", "trl-unpaired", "openai-preference", "ranking", "qrels", "trec-run", "huggingface", "imagefolder", "croissant", "doccano", "label-studio"]


FallBackEnum = Literal["auto", "never"]


GoldFeedbackEnum = Literal["never", "said"]


ImportFormatEnum = Literal["csv", "jsonl", "json", "parquet", "zip", "image", "rows"]


InvitationStateEnum = Literal["open", "revoked", "used up", "expired"]


ItemStatusEnum = Literal["active", "set_aside"]


JobStateEnum = Literal["queued", "running", "done", "skipped", "failed", "cancelled"]


KindEnum = Literal["classification", "multilabel", "pairwise", "rating"]


LabelsEnum = Literal["add"]


MachineVotesEnum = Literal["off", "on"]


ModalityEnum = Literal["image", "text", "tabular"]


ModelStatusEnum = Literal["candidate", "provisional", "champion", "retired", "rejected"]


NamesEnum = Literal["real", "pseudonyms"]


OnlyEnum = Literal["iid"]


OperationEnum = Literal["start", "rename", "merge", "split", "retire", "describe", "set", "undo"]


OutcomeEnum = Literal["pass", "warn", "fail", "skipped"]


PairsEnum = Literal["any", "given"]


PredictedOutStatusEnum = Literal["ok", "unsure", "outlier", "unknown", "refused"]


ProductionModeEnum = Literal["off", "on"]


ReasonEnum = Literal["unclear", "broken", "out_of_scope", "unknown"]


ReleaseModeEnum = Literal["shadow", "canary", "ab"]


ReleaseStateEnum = Literal["running", "promoted", "rolled_back", "overtaken"]


ReviewSortEnum = Literal["returned", "blind", "sent", "disputed", "low_confidence", "suspected", "random"]


RoleEnum = Literal["viewer", "annotator", "reviewer", "manager"]


RowsEnum = Literal["annotations", "items", "preferences", "rankings", "scores", "feedback", "predictions", "unknown"]


ScopesEnum = Literal["read", "label", "manage", "predict"]


SecondOpinionsEnum = Literal["off", "auto"]


SkipOutStateEnum = Literal["skipped"]


SourceEnum = Literal["human", "import", "review", "machine"]


SplitEnum = Literal["pool", "eval"]


StepOutStateEnum = Literal["running", "done", "skipped", "failed"]


TriggerEnum = Literal["labels", "label_set", "import", "manual", "drift", "schedule", "settings"]


VerdictEnum = Literal["accept", "change", "send_back", "ask_again", "set_aside"]


ViewportEnum = Literal["wide", "medium", "narrow"]


class AnnotationOut(TypedDict):
    """``item`` of an answer about one, ``left`` and ``right`` of a judgment about two."""
    id: int
    item: int | None
    external_id: str | None
    left: int | None
    right: int | None
    split: SplitEnum
    task: int | None
    reason: NotRequired[str | None]
    annotator: NotRequired[str | None]
    # Who gave an imported answer.
    imported_annotator: str
    source: SourceEnum
    answer: dict[str, Any] | None
    revision: NotRequired[int]
    is_current: NotRequired[bool]
    created_at: NotRequired[str]
    elapsed_ms: NotRequired[int | None]
    instructions_version: NotRequired[int]
    # Of the page that was answered on.
    ui_version: NotRequired[str]
    viewport: NotRequired[ViewportEnum | BlankEnum]
    # Given beside what a machine suggested, which was shown.
    assisted: bool
    # Who answered was not sure.
    doubt: bool
    # What was said with it; empty for nothing.
    comment: str


class AnswerInRequest(TypedDict):
    # By kind: {"label": "…"}, {"labels": ["…"]} or {"winner": "left|right|tie|neither"}.
    answer: dict[str, Any]
    elapsed_ms: NotRequired[int | None]
    # Of the page.
    ui_version: NotRequired[str]
    viewport: NotRequired[ViewportEnum | BlankEnum]
    # I am not sure. Left out, it stays as it is with the answer.
    doubt: NotRequired[bool | None]
    # Goes with the answer; reviewers and managers read it. Left out, it stays; empty, it goes.
    comment: NotRequired[str | None]


class FeedbackOut(TypedDict):
    # Of the first answer.
    right: bool
    truth: dict[str, Any]
    explanation: str


class AnswerOut(TypedDict):
    task: int
    state: AnswerOutStateEnum
    revision: int
    answer: dict[str, Any]
    elapsed_ms: int | None
    created_at: str
    doubt: bool
    comment: str
    # On gold, in projects whose `gold_feedback` is said.
    feedback: NotRequired[FeedbackOut]


class AnswerRemark(TypedDict):
    """What its author said with an answer."""
    doubt: bool
    comment: str


class AnswerResult(TypedDict):
    # Null where none was said.
    task: int | None
    # What the answer alone would have been answered with.
    status: int
    # Of 429, 503 and 507, which end the list.
    retry_after_s: NotRequired[int]
    # As of the answer alone: the answer, or why it was refused.
    body: dict[str, Any]


class AnswersInRequest(TypedDict):
    # Each `{"task": 17, "answer": {…}}`, with what else goes with an answer alone.
    answers: list[Any]


class AnswersOut(TypedDict):
    # In order; fewer where the last one is to be sent again.
    results: list[AnswerResult]


class ArmsDifferenceOut(TypedDict):
    """Rate of the candidate minus that of the champion, with ends that hold at every moment at once."""
    n: int
    # How often it was the candidate alone.
    candidate_alone: int
    champion_alone: int
    difference: float | None
    low: float | None
    high: float | None


class BandRateOut(TypedDict):
    name: str
    # Eval items of the model in use in this band.
    n: int
    # Of these answered as people did.
    right: int
    # How sure the model is of them, on average.
    expected: float | None
    # How often answers of the band are right.
    value: float | None
    low: float | None
    high: float | None


class BandsOut(TypedDict):
    # False while fewer than 100 predictions are on record: fixed bands.
    is_sized: bool
    # Of the last seven days, outliers left out.
    predictions: int
    a_day: float
    # From so sure on: `medium`, `high`.
    thresholds: list[float]
    # Of these predictions, by band.
    shares: dict[str, float]
    rates: list[BandRateOut]


class BelievedOut(TypedDict):
    # Empty where models do not doubt the answer.
    words: str


class BySort(TypedDict):
    unsure: int
    outlier: int


class CertificateCheckOut(TypedDict):
    what: str
    expected: str
    found: str
    ok: bool


class MeanCostOut(TypedDict):
    value: float
    low: float | None
    high: float | None
    # Eval items.
    n: int


class ChampionStandingOut(TypedDict):
    model: int
    # Whether it costs no more than is acceptable: programs are answered.
    is_met: bool
    # A worker measures it just now: programs are told to try again.
    is_pending: bool
    # Of a case on eval items; null where nothing measures it.
    cost: MeanCostOut | None
    words: str


class ChangeOut(TypedDict):
    what: str
    # 0 for what holds for the whole file.
    count: int


class CheckOut(TypedDict):
    name: str
    passed: bool
    value: float
    limit: float
    detail: str


class ColumnOut(TypedDict):
    # As the file calls it.
    name: str
    # What it is for; empty: kept under its name; null: left out.
    purpose: str | None
    # Why it was taken for that, where it was guessed.
    why: str
    # Its first values, shortened.
    samples: list[str]


class CostAtWorkOut(TypedDict):
    # That answers.
    model: int
    # It was asked about, each counted once; the newest 50,000 rows.
    contents: int
    # Of them left to people: unsure, or unlike anything learned.
    away: int
    # Answers of which people or feedback say what was right.
    known: int
    by_people: int
    # Mean cost of a prediction.
    value: float | None
    # With `high`: an interval that may be watched.
    low: float | None
    high: float | None


class Costs(TypedDict):
    """What mistakes cost, in any unit, at least 0. Empty takes them away."""
    # By the name of the true label, then of the answer: `{truth: {answer: cost}}`, all labels.
    matrix: NotRequired[dict[str, dict[str, float]]]
    # In place of `matrix`: what every mistake costs, whichever it is; more than 0.
    all_mistakes: NotRequired[float]
    unit: NotRequired[str]
    # Of a case that a person answers: what any answer is dearer than is `unsure`.
    review: NotRequired[float]
    # Of a case that is left without an answer.
    skip: NotRequired[float]
    # Mean cost a case above which no model is promoted, and the one in use is alarmed about.
    most_acceptable: NotRequired[float]
    # Time of one answer; what is slower is not promoted.
    deadline_ms: NotRequired[float]


class CostsRequest(TypedDict):
    """What mistakes cost, in any unit, at least 0. Empty takes them away."""
    # By the name of the true label, then of the answer: `{truth: {answer: cost}}`, all labels.
    matrix: NotRequired[dict[str, dict[str, float]]]
    # In place of `matrix`: what every mistake costs, whichever it is; more than 0.
    all_mistakes: NotRequired[float]
    unit: NotRequired[str]
    # Of a case that a person answers: what any answer is dearer than is `unsure`.
    review: NotRequired[float]
    # Of a case that is left without an answer.
    skip: NotRequired[float]
    # Mean cost a case above which no model is promoted, and the one in use is alarmed about.
    most_acceptable: NotRequired[float]
    # Time of one answer; what is slower is not promoted.
    deadline_ms: NotRequired[float]


class DecisionOut(TypedDict):
    before: str
    after: str
    reason: str
    numbers: Any
    decided_by: NotRequired[str | None]
    created_at: str


class EstimateOut(TypedDict):
    """A measured number. Where its interval says nothing, ``low`` and ``high`` are null and ``note`` says why."""
    value: float
    low: float | None
    high: float | None
    n: int
    # Empty, or why there is no interval: too few to say, undefined.
    note: str


class EvalUsesOut(TypedDict):
    """A use is a decision by which a promotion was possible; a verdict on fewer than 200 eval answers is none."""
    # Uses of exactly this eval set, its own verdict counted when it was one.
    same: int
    # Uses of sets that held at least half of its items.
    overlapping: int
    # Uses of any eval set of the project so far.
    project: int
    # Bound on the chance that one of them promoted by luck.
    lucky_win_at_most: float
    warning: str


class EvidenceOut(TypedDict):
    # Labels by feedback beside people's answers to the same content.
    n: int
    agreed: int
    # Share that would agree by chance.
    chance: float
    # Agreement beyond chance; null below five.
    kappa: float | None
    low: float | None
    high: float | None
    # The lower end, in steps of .05.
    weight: float


class FeedbackFactsOut(TypedDict):
    # Predictions and callers with feedback.
    given: int
    # What a label by feedback weighs in training; 0 without evidence.
    weight: float
    # By form: `label`, `right`, `clicked`, and `training`: the first two together.
    evidence: dict[str, EvidenceOut]


class FindingOut(TypedDict):
    name: str
    # skipped: it could not tell.
    outcome: OutcomeEnum
    # Whether failing stops the run.
    hard: bool
    value: float | None
    # The largest value that passes.
    limit: float | None
    unit: str
    # What was found.
    words: str
    # What to do about it.
    advice: str


class GateOut(TypedDict):
    """What the gate found when the version was a candidate; what a person did later stands in ``decisions``."""
    # What it became.
    status: ModelStatusEnum
    reason: str
    checks: list[CheckOut]
    # The paired tests and their limits.
    numbers: Any


class ReadAnswersOut(TypedDict):
    read: int
    stored: int
    # The item or pair has one already, or the row was refused.
    not_stored: int
    # Of those: said otherwise than the one that is there.
    contradicted: int
    # Of those read: given by somebody whom the file names.
    by_name: int


class ReadGoldOut(TypedDict):
    read: int
    stored: int
    # The item has one already, or the row was refused.
    not_stored: int


class UnknownLabelOut(TypedDict):
    name: str
    rows: int


class ReadLabelsOut(TypedDict):
    added: list[str]
    # Labels that the project lacks, with the rows rejected for them.
    unknown: list[UnknownLabelOut]


class ReadRecordsOut(TypedDict):
    read: int | None
    accepted: int
    # Accepted as new items.
    items: int | None
    # Accepted as pairs, judgments or gold answers.
    pairs: int | None
    duplicates: int
    # Duplicates that gave their item what it lacked.
    completed: int | None
    rejected: int


class ReasonOut(TypedDict):
    reason: str
    field: str
    rows: int
    first: int
    last: int


class ImportCertificateOut(TypedDict):
    id: str
    state: JobStateEnum
    finished_at: str | None
    size_bytes: int
    checks: list[CertificateCheckOut]
    # The same for people, in sentences.
    summary: list[str]
    # Always import.
    conversion: str
    format: str
    file_name: str
    # Of the upload as it came.
    sha256: str | None
    records: ReadRecordsOut
    answers: ReadAnswersOut | None
    # Known answers of items.
    gold: ReadGoldOut | None
    labels: ReadLabelsOut
    # The most frequent reasons, at most a hundred.
    rejections: list[ReasonOut]
    # Rows rejected for further reasons.
    rejections_unlisted: int
    # What was found, changed or left out, with the number of cells or rows.
    changes: list[ChangeOut]


class ImportFileInRequest(TypedDict):
    file: Any
    # When the name does not say it.
    format: NotRequired[str]
    # For a zip of pictures.
    folder_is_label: NotRequired[bool]
    # What columns are for: `{"sentence": "text", "intent": "label", "row": null}`; null leaves out.
    columns: NotRequired[Any]
    # add: labels that the project lacks are added to it.
    labels: NotRequired[LabelsEnum]
    # Whose file it is, where its content does not tell: label-studio, doccano, trl, …; none: nobody's.
    tool: NotRequired[str]


class ImportOut(TypedDict):
    id: str
    state: JobStateEnum
    format: ImportFormatEnum
    # As the browser sent it; shown, never trusted.
    file_name: NotRequired[str]
    size_bytes: NotRequired[int]
    # Rows in the file, once known.
    total: NotRequired[int | None]
    accepted: NotRequired[int]
    duplicates: NotRequired[int]
    rejected: NotRequired[int]
    error: NotRequired[str]
    created_at: str
    finished_at: NotRequired[str | None]
    # Why rejected rows are not listed any more, or empty.
    rejections_note: str
    # What the import found in the file and did of itself, in sentences, such as a column it left out.
    notes: list[str]


class ImportRowsInRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    # Objects. What is none is rejected by its number, as any bad row.
    rows: list[Any]
    # As with a file.
    columns: NotRequired[dict[str, Any]]
    # As with a file.
    labels: NotRequired[LabelsEnum]


class InvitationInRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    role: NotRequired[RoleEnum]
    expires_in_days: NotRequired[int]
    # People who may come in by it; of managers one.
    max_uses: NotRequired[int]
    # Whom it is for.
    note: NotRequired[str]


class InvitationMade(TypedDict):
    id: int
    role: RoleEnum
    state: InvitationStateEnum
    # Whom it is for.
    note: NotRequired[str]
    username: NotRequired[str]
    email: NotRequired[str]
    # First characters of the key.
    begins_with: str
    max_uses: NotRequired[int]
    uses: NotRequired[int]
    created_by: NotRequired[str | None]
    created_at: NotRequired[str]
    expires_at: str
    revoked_at: NotRequired[str | None]
    # To be sent to the person. It is in this answer and nowhere again.
    link: str


class InvitationOut(TypedDict):
    id: int
    role: RoleEnum
    state: InvitationStateEnum
    # Whom it is for.
    note: NotRequired[str]
    username: NotRequired[str]
    email: NotRequired[str]
    # First characters of the key.
    begins_with: str
    max_uses: NotRequired[int]
    uses: NotRequired[int]
    created_by: NotRequired[str | None]
    created_at: NotRequired[str]
    expires_at: str
    revoked_at: NotRequired[str | None]


class ItemImage(TypedDict):
    width: int
    height: int
    media_type: str
    size_bytes: int
    sha256: str
    # Address of the bytes as uploaded.
    original: str
    # Address of a derived preview.
    preview: str


class ItemOut(TypedDict):
    id: int
    external_id: NotRequired[str | None]
    text: NotRequired[str]
    image: ItemImage | None
    context: NotRequired[str]
    # Items of a group stay on one side of the split.
    group: NotRequired[str]
    origin: NotRequired[str]
    # The item's own columns.
    data: dict[str, Any]
    split: SplitEnum
    status: ItemStatusEnum
    # Current answers by people.
    answers: NotRequired[int]
    slots_total: NotRequired[int]
    created_at: NotRequired[str]
    # The skip reason that took it out, or reviewer.
    set_aside_because: NotRequired[str]


class Label(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    name: str
    hotkey: NotRequired[str]
    description: NotRequired[str]


class LabelMergeInRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    reason: NotRequired[str]
    # The version you saw: refused when the labels have changed since.
    version: NotRequired[int]
    # Says what it would do, and changes nothing.
    preview: NotRequired[bool]
    # Labels in use.
    names: list[str]
    # A new name, or that of one of them.
    into: str


class LabelRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    name: str
    hotkey: NotRequired[str]
    description: NotRequired[str]


class LabelSourcesOut(TypedDict):
    """Where labels came from, each a number by source; ``weights`` are those in training that are not 1."""
    # Adds up to what was learned from.
    learned: dict[str, int]
    # Adds up to what it is measured by.
    measured: dict[str, int]
    # Answers of the pool whose source has the weight 0.
    left_out: dict[str, int]
    weights: dict[str, float]


class LabelSplitInRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    reason: NotRequired[str]
    # The version you saw: refused when the labels have changed since.
    version: NotRequired[int]
    # Says what it would do, and changes nothing.
    preview: NotRequired[bool]
    # A label in use.
    name: str
    # Two or more: new names, its own, or labels in use.
    parts: list[str]


class LabelUndoInRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    reason: NotRequired[str]
    # The version you saw: refused when the labels have changed since.
    version: NotRequired[int]
    # Says what it would do, and changes nothing.
    preview: NotRequired[bool]
    # The version to go back to; without it the one before that of now.
    to: NotRequired[int]


class LackingOut(TypedDict):
    # Of `costs`.
    name: str
    words: str


class LeaksOut(TypedDict):
    """Eval items that the pool knows: the same content, almost the same, a group that is on both sides."""
    hash: int
    near: int
    group: int
    n_eval: int
    n_pool: int


class LossOut(TypedDict):
    what: str
    # Empty where the whole row is meant.
    column: str
    rows: int


class MemberInRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    username: str
    role: RoleEnum


class MemberOut(TypedDict):
    username: str
    role: RoleEnum
    # Current answers, take-backs excluded.
    answers: int
    # An open Quarantine says why; asked about nothing meanwhile.
    is_quarantined: bool
    added_at: NotRequired[str]
    # Answers a day that were agreed on.
    goal_day: NotRequired[int | None]
    # Answers in all that were agreed on.
    goal_total: NotRequired[int | None]
    # Not asked for more answers a day (UTC).
    quota_day: NotRequired[int | None]
    # Not asked for more answers in all.
    quota_total: NotRequired[int | None]
    # Asked nothing since then.
    paused_at: NotRequired[str | None]
    # Shown to the person.
    pause_note: NotRequired[str]


class MetricsOut(TypedDict):
    progress: dict[str, Any]
    labels: list[dict[str, Any]]
    # Items that are not asked about, by why.
    set_aside: NotRequired[dict[str, int]]
    learning_curve: list[dict[str, Any]]
    agreement: dict[str, Any]
    throughput: dict[str, Any]
    # Active against random at equal label counts.
    arms: NotRequired[dict[str, Any]]
    # Whether labeling could stop: advice only.
    stopping: NotRequired[dict[str, Any]]
    # Who picks the questions, the model or chance, and on which figures.
    asking: NotRequired[dict[str, Any]]
    # Labels right by 100 answers, an estimate each for more, second_opinions and relabels; {} before the first model.
    next_hour: NotRequired[dict[str, Any]]
    # How often they contradict the first answer, beside how often chance would.
    second_opinions: NotRequired[dict[str, Any]]
    # Of a project of many answers: which of the numbers a worker counted, and when; null, and nothing told, while it
    # counts for the first time.
    as_of: dict[str, str | None]


class ModeOut(TypedDict):
    """Production mode: what is still to be stated before it can be on, and how the promise is kept."""
    is_on: bool
    lacking: list[LackingOut]
    unit: str
    most_acceptable: float | None
    champion: ChampionStandingOut | None
    at_work: CostAtWorkOut | None


class OutlierAreaOut(TypedDict):
    """Area under the ROC curve: how often an item of a label left out scores higher than a known one."""
    mean: float
    # Of the label that is hardest to find.
    worst: float


class OutliersOut(TypedDict):
    """Which detector says what is unlike all that the version learned, and how that is known."""
    # One plain sentence.
    in_short: str
    # Empty where there is none; `reason` says why.
    detector: str
    reason: str
    # Labeled items there were to fit it on.
    rows: int
    # Share of known items that may be flagged.
    asked: float
    # Higher scores are outliers.
    threshold: float | None
    # Share of known items flagged, expected at this threshold.
    false_flags: EstimateOut | None
    # Share of the eval items that it flags.
    on_eval: EstimateOut | None
    # Share found of a label left out, mean over labels.
    found: EstimateOut | None
    # By detector; empty where none could be left out.
    areas: dict[str, OutlierAreaOut]


class PredictionCostOut(TypedDict):
    """From the content of a row to its answer, measured where the version was made."""
    # In one line.
    words: str
    # One row alone, wall time: the median.
    alone_ms: float
    alone_p95_ms: float
    # How often that was timed.
    alone_rows: int
    # CPU of 1,000 rows, worked out from blocks of `block_rows`.
    cpu_ms_per_1000: float
    block_rows: int
    # The file of the model.
    model_bytes: int
    # The file of its encoder.
    encoder_bytes: int
    # Of model and encoder, loaded and answering a few rows.
    memory_bytes: int
    # What a fixed product of two matrices took on the same machine.
    yardstick_ms: float
    # Its processor.
    machine: str


class ModelDetailOut(TypedDict):
    id: int
    number: int
    status: ModelStatusEnum
    # It became champion by the gate, on at least 200 eval answers.
    verified: bool
    # The questions are ranked by this version.
    ranks: bool
    # Items learned from.
    trained_on: int
    metrics: dict[str, EstimateOut]
    baselines: dict[str, dict[str, EstimateOut]]
    # Encoder version: name, parameters, hash.
    encoder: str
    learner: str
    strategy: str
    # Names in the order of the probabilities; null in a list, where they would be most of it.
    labels: list[str] | None
    n_labels: int
    sha256: NotRequired[str]
    size_bytes: NotRequired[int]
    created_at: NotRequired[str]
    run: NotRequired[str | None]
    # A manager wants its file kept.
    pinned: NotRequired[bool]
    # Housekeeping let the file go; `manage.py repeat_run --store` makes it again.
    file_dropped_at: str | None
    # null where it was not measured.
    prediction_cost: PredictionCostOut | None
    # Of a student the number of the version whose predictions it learned from.
    teacher: NotRequired[int | None]
    # It answers predictions wherever its teacher would.
    stands_in: bool
    # What it is worth, in one plain sentence.
    in_short: str
    # Eval items it was measured on.
    n_eval: NotRequired[int]
    # Manifest of the eval set it was measured on.
    eval_sha256: NotRequired[str]
    # From one item's content to its probabilities, at evaluation.
    latency_ms: NotRequired[float | None]
    # How often one person gives another's answer.
    human_ceiling: EstimateOut | None
    leaks: LeaksOut | None
    eval_uses: EvalUsesOut
    gate: GateOut | None
    # null of versions from before there were detectors.
    outliers: OutliersOut | None
    report: Any
    # Of its run; null where that kept no count.
    sources: LabelSourcesOut | None
    # Empty, or that this version's intervals are by an older method.
    intervals_note: str
    decisions: list[DecisionOut]


class ModelOut(TypedDict):
    id: int
    number: int
    status: ModelStatusEnum
    # It became champion by the gate, on at least 200 eval answers.
    verified: bool
    # The questions are ranked by this version.
    ranks: bool
    # Items learned from.
    trained_on: int
    metrics: dict[str, EstimateOut]
    baselines: dict[str, dict[str, EstimateOut]]
    # Encoder version: name, parameters, hash.
    encoder: str
    learner: str
    strategy: str
    # Names in the order of the probabilities; null in a list, where they would be most of it.
    labels: list[str] | None
    n_labels: int
    sha256: NotRequired[str]
    size_bytes: NotRequired[int]
    created_at: NotRequired[str]
    run: NotRequired[str | None]
    # A manager wants its file kept.
    pinned: NotRequired[bool]
    # Housekeeping let the file go; `manage.py repeat_run --store` makes it again.
    file_dropped_at: str | None
    # null where it was not measured.
    prediction_cost: PredictionCostOut | None
    # Of a student the number of the version whose predictions it learned from.
    teacher: NotRequired[int | None]
    # It answers predictions wherever its teacher would.
    stands_in: bool


class NearOut(TypedDict):
    """A labeled item that is much like the row. What it shows is left out for a token without the scope `read`."""
    item: int
    # What people's answers come to.
    label: str
    # The cosine of their features: 1 is the same.
    similarity: float
    # Its first 1,000 characters.
    text: NotRequired[str]
    # Its columns.
    fields: NotRequired[dict[str, Any]]
    # Address of its picture.
    preview: NotRequired[str]


class NextInRequest(TypedDict):
    count: NotRequired[int]


class PartOut(TypedDict):
    """A word, some words of a long text, or a column of a table."""
    words: NotRequired[str]
    # Where they stand in the text, in code points: [from, up to].
    at: NotRequired[list[list[int]]]
    column: NotRequired[str]
    value: NotRequired[Any]
    # Log-odds of the label with it minus without; in nats.
    effect: float
    # The probability of the label without it.
    without: float


class PatchedMemberChangeRequest(TypedDict):
    """What is left out stays. Null takes a goal or a quota away."""
    # Told to the person; binds nobody.
    goal_day: NotRequired[int | None]
    goal_total: NotRequired[int | None]
    # No more is asked in a day (UTC).
    quota_day: NotRequired[int | None]
    quota_total: NotRequired[int | None]
    # Nothing is asked; the membership stays.
    paused: NotRequired[bool]
    # With `paused`: shown to the person.
    pause_note: NotRequired[str]


class PatchedPlanInRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    sorts: NotRequired[list[ReviewSortEnum]]
    random_share: NotRequired[float]
    blind_share: NotRequired[float]
    own_allowed: NotRequired[bool]


class SettingsRequest(TypedDict):
    """All have defaults. ``strategy``, ``encoder`` and ``learner`` are names; "auto" chooses by the data."""
    overlap: NotRequired[int]
    eval_share: NotRequired[float]
    eval_double_share: NotRequired[float]
    random_share: NotRequired[float]
    strategy: NotRequired[str]
    encoder: NotRequired[str]
    learner: NotRequired[str]
    retrain_every: NotRequired[int]
    lease_s: NotRequired[int]
    repeat_share: NotRequired[float]
    gold_share: NotRequired[float]
    pairs: NotRequired[PairsEnum]
    min_gain: NotRequired[float]
    # all: people are asked about every item; unlabeled: not about pool items and pairs for which an import brought an
    # answer, which then count as done. Eval items are asked about all the same.
    ask_about: NotRequired[AskAboutEnum]
    # auto: where choosing teaches nothing the strategy auto asks at random by itself, and says so; never: it does not,
    # and where it did the model chooses again.
    fall_back: NotRequired[FallBackEnum]
    # said: the response to an answer on gold has `feedback`, and the page shows it.
    gold_feedback: NotRequired[GoldFeedbackEnum]
    # Gold items before the first question; 0: none.
    practice_questions: NotRequired[int]
    # Share to be right.
    practice_pass: NotRequired[float]
    practice_tries: NotRequired[int]
    # Name of the machine that suggests answers to annotators; off: none.
    suggestions_from: NotRequired[str]
    # Its version; newest: the one it predicts under.
    suggestions_version: NotRequired[str]
    # Share of the questions that go without, at random.
    suggestions_withheld: NotRequired[float]
    # Name of the machine that has a say in what the queue asks first; off: none. Not of pairs.
    signal_from: NotRequired[str]
    # on: machines vote by their proven weight where answers are weighed by evidence. Of classification.
    machine_votes: NotRequired[MachineVotesEnum]
    # evidence: a model learns what answers come to by the rule that gold shows to be better, and machines vote where
    # `machine_votes` is on. majority: the majority. Held-out items always the majority of people.
    consensus_by: NotRequired[ConsensusByEnum]
    # How much answers of people count in training; 0: not.
    weight_human: NotRequired[float]
    # Decisions of reviewers.
    weight_review: NotRequired[float]
    # Imported labels.
    weight_import: NotRequired[float]
    # Doubtful predictions (unsure, outliers) that become items of the pool in a day (UTC), at most.
    production_a_day: NotRequired[int]
    # Share of these that is for outliers; the rest for unsure.
    production_outliers: NotRequired[float]
    # Share of the pool's questions that are about such items while any waits: reason `feedback`.
    production_share: NotRequired[float]
    # Predictions a day that people can look at: the band `low` is sized by it. 0: fixed bands.
    reviews_a_day: NotRequired[int]
    # Rows that one token or person may ask the model about in a minute; above it `429`. 0: no limit.
    predictions_a_minute: NotRequired[int]
    # The same in a day (UTC).
    predictions_a_day: NotRequired[int]
    # Milliseconds one row alone may take (median): the gate refuses a slower model. 0: no limit.
    prediction_limit_ms: NotRequired[float]
    # The same of the CPU of 1,000 predictions.
    prediction_limit_cpu_ms: NotRequired[float]
    # on: programs are answered only by a promoted or released model whose mean cost is acceptable; all of `costs` has
    # to be stated first.
    production_mode: NotRequired[ProductionModeEnum]
    # Faster answers of one person get 429 with Retry-After; so many are taken at once. 0: no limit.
    answers_a_minute: NotRequired[int]
    # auto: known items are put to one person more where that is worth more than a new item; off: never. Of
    # classification and multilabel.
    second_opinions: NotRequired[SecondOpinionsEnum]
    # Share of the questions that these are at most.
    second_share: NotRequired[float]
    # People that a second opinion may bring an item to.
    most_answers: NotRequired[int]


class PatchedProjectChangeRequest(TypedDict):
    """Kind, modality and slug may be sent back, but not changed."""
    name: NotRequired[str]
    kind: NotRequired[KindEnum]
    modality: NotRequired[ModalityEnum]
    slug: NotRequired[str]
    labels: NotRequired[list[LabelRequest]]
    purpose: NotRequired[str]
    instructions: NotRequired[str]
    settings: NotRequired[SettingsRequest]
    costs: NotRequired[CostsRequest]
    archived: NotRequired[bool]


class PicturesInRequest(TypedDict):
    """Up to 1,000 files, under this name or any others, one a row."""
    pictures: list[Any]


class PredictInRequest(TypedDict):
    """Texts and table rows, each as a row of an import without its label."""
    rows: list[dict[str, Any]]


class SpokeOut(TypedDict):
    label: str
    # What spoke for it: up to five, the strongest first.
    supports: list[PartOut]
    # What spoke against it.
    opposes: list[PartOut]


class WhyOut(TypedDict):
    # Up to three labeled items, the most alike first.
    nearest: list[NearOut]
    # Of each label that is said, up to three; none of an outlier or a picture.
    evidence: list[SpokeOut]
    # What could not be told, and why; most often empty.
    note: str


class PredictedOut(TypedDict):
    """What the model says of a row, or why there is none: then `status` is `refused`."""
    # From 1, in the order they were sent.
    row: int
    # Of the prediction.
    id: NotRequired[str]
    # `unsure`: like what was learned from, but undecided. `outlier`: unlike anything learned from, and without a label
    # unless it was forced. `unknown`: the project has one label, and the row is unlike it.
    status: PredictedOutStatusEnum
    # Where an item has one label.
    label: NotRequired[str]
    # Where it has any number.
    labels: NotRequired[list[str]]
    # Where it is a step of a scale.
    rating: NotRequired[Any]
    probabilities: NotRequired[dict[str, float]]
    # The probability of what is said; of several labels, of the least sure one.
    sure: NotRequired[float]
    band: NotRequired[BandEnum]
    # The number of the model that answered.
    model: NotRequired[int]
    # With `explain`.
    why: NotRequired[WhyOut]
    # What was refused in the row.
    field: NotRequired[str]
    reason: NotRequired[str]


class PredictionFeedbackRowRequest(TypedDict):
    """The prediction, and one thing of it: its label in the words of the project's kind, `right`, or `clicked`."""
    # The id of the prediction.
    prediction: str
    # What it is.
    label: NotRequired[str]
    labels: NotRequired[list[str]]
    rating: NotRequired[Any]
    # Whether what was answered is right.
    right: NotRequired[bool]
    # Whether somebody took it up.
    clicked: NotRequired[bool]


class PredictionFeedbackInRequest(TypedDict):
    """One, or up to 1,000 under `rows`."""
    # The id of the prediction.
    prediction: NotRequired[str]
    # What it is.
    label: NotRequired[str]
    labels: NotRequired[list[str]]
    rating: NotRequired[Any]
    # Whether what was answered is right.
    right: NotRequired[bool]
    # Whether somebody took it up.
    clicked: NotRequired[bool]
    rows: NotRequired[list[PredictionFeedbackRowRequest]]


class PredictionFeedbackRefused(TypedDict):
    # From 1, in the order they were sent.
    row: int
    field: str
    reason: str


class PredictionFeedbackOut(TypedDict):
    # New, or another than this caller had said.
    stored: int
    # Said before by this caller.
    unchanged: int
    refused: list[PredictionFeedbackRefused]


class PredictionFileInRequest(TypedDict):
    """Rows as an import has them, without their labels."""
    file: Any
    # Else by its content.
    format: NotRequired[ImportFormatEnum]
    # The number of a model; without it the one in use.
    version: NotRequired[int]
    # Give an outlier its label too.
    force: NotRequired[bool]


class PredictionFileOut(TypedDict):
    id: str
    state: NotRequired[JobStateEnum]
    file_name: str
    size_bytes: int
    sha256: str
    # That answers all of it.
    model: NotRequired[int | None]
    force: NotRequired[bool]
    asked_by: NotRequired[str | None]
    # Rows so far, the refused ones too.
    answered: int
    # Rows of the file, once that is known.
    total: int | None
    ok: NotRequired[int]
    unsure: NotRequired[int]
    outliers: NotRequired[int]
    refused: NotRequired[int]
    # Whether what was answered can be fetched.
    has_result: bool
    created_at: str
    started_at: NotRequired[str | None]
    finished_at: NotRequired[str | None]
    error: NotRequired[str]


class RefusedRowOut(TypedDict):
    # From 1.
    row: int
    field: str
    reason: str


class PredictionImportOut(TypedDict):
    id: str
    machine: str
    version: str
    total: int
    accepted: int
    # Rows that said what was known already.
    repeated: int
    rejected: int
    rejections: list[RefusedRowOut]
    created_at: NotRequired[str]


class PredictionRowsInRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    # Objects: `item` (number) or `id` (of the import), of a pair `pair` or `left` and `right`; `label` as in an import,
    # or `answer` as a person gives it, or `probabilities` by label, or one of both with them; `cost`. What is wrong is
    # refused by its number.
    rows: list[Any]


class RejectionOut(TypedDict):
    row: int
    # External id or file name, when there is one.
    name: NotRequired[str]
    field: NotRequired[str]
    reason: str


class UnknownLabels(TypedDict):
    # Rows whose label the project lacks; labels=add takes them.
    rows: int
    # The labels, with the rows of each.
    labels: dict[str, int]


class PreviewOut(TypedDict):
    format: str
    # Why nothing would go in; empty when something would.
    refused: str
    columns: list[ColumnOut]
    # The same as `columns` of an import takes it.
    mapping: dict[str, str]
    rows: int
    # False where the file has more rows than were looked at.
    is_whole: bool
    # Would go in, duplicates of items in the project among them.
    accepted: int
    rejected: int
    # The first few.
    rejections: list[RejectionOut]
    labeled: int
    unknown: UnknownLabels
    pool: int
    eval: int
    # Of a zip: its folders, with the pictures in each.
    folders: dict[str, int]
    notes: list[str]


class ProductionOut(TypedDict):
    # Whether doubtful predictions become items.
    is_on: bool
    # How many of each sort may in a day.
    a_day: BySort
    # How many did since the day began (UTC).
    today: BySort
    left: BySort
    # Doubtful predictions that are kept until they may.
    waiting: BySort
    # Items of the project that came back so.
    items: int
    # Of these, with an answer by people.
    answered: int
    reviews_a_day: int
    # Sized by `reviews_a_day`; null where nothing sizes them.
    bands: BandsOut | None
    feedback: FeedbackFactsOut
    # When the next day begins.
    renewed_at: str
    mode: ModeOut


class ProjectInRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    name: str
    kind: KindEnum
    modality: ModalityEnum
    slug: NotRequired[str]
    labels: NotRequired[list[LabelRequest]]
    purpose: NotRequired[str]
    # Markdown.
    instructions: NotRequired[str]
    settings: NotRequired[SettingsRequest]
    costs: NotRequired[CostsRequest]


class Settings(TypedDict):
    """All have defaults. ``strategy``, ``encoder`` and ``learner`` are names; "auto" chooses by the data."""
    overlap: NotRequired[int]
    eval_share: NotRequired[float]
    eval_double_share: NotRequired[float]
    random_share: NotRequired[float]
    strategy: NotRequired[str]
    encoder: NotRequired[str]
    learner: NotRequired[str]
    retrain_every: NotRequired[int]
    lease_s: NotRequired[int]
    repeat_share: NotRequired[float]
    gold_share: NotRequired[float]
    pairs: NotRequired[PairsEnum]
    min_gain: NotRequired[float]
    # all: people are asked about every item; unlabeled: not about pool items and pairs for which an import brought an
    # answer, which then count as done. Eval items are asked about all the same.
    ask_about: NotRequired[AskAboutEnum]
    # auto: where choosing teaches nothing the strategy auto asks at random by itself, and says so; never: it does not,
    # and where it did the model chooses again.
    fall_back: NotRequired[FallBackEnum]
    # said: the response to an answer on gold has `feedback`, and the page shows it.
    gold_feedback: NotRequired[GoldFeedbackEnum]
    # Gold items before the first question; 0: none.
    practice_questions: NotRequired[int]
    # Share to be right.
    practice_pass: NotRequired[float]
    practice_tries: NotRequired[int]
    # Name of the machine that suggests answers to annotators; off: none.
    suggestions_from: NotRequired[str]
    # Its version; newest: the one it predicts under.
    suggestions_version: NotRequired[str]
    # Share of the questions that go without, at random.
    suggestions_withheld: NotRequired[float]
    # Name of the machine that has a say in what the queue asks first; off: none. Not of pairs.
    signal_from: NotRequired[str]
    # on: machines vote by their proven weight where answers are weighed by evidence. Of classification.
    machine_votes: NotRequired[MachineVotesEnum]
    # evidence: a model learns what answers come to by the rule that gold shows to be better, and machines vote where
    # `machine_votes` is on. majority: the majority. Held-out items always the majority of people.
    consensus_by: NotRequired[ConsensusByEnum]
    # How much answers of people count in training; 0: not.
    weight_human: NotRequired[float]
    # Decisions of reviewers.
    weight_review: NotRequired[float]
    # Imported labels.
    weight_import: NotRequired[float]
    # Doubtful predictions (unsure, outliers) that become items of the pool in a day (UTC), at most.
    production_a_day: NotRequired[int]
    # Share of these that is for outliers; the rest for unsure.
    production_outliers: NotRequired[float]
    # Share of the pool's questions that are about such items while any waits: reason `feedback`.
    production_share: NotRequired[float]
    # Predictions a day that people can look at: the band `low` is sized by it. 0: fixed bands.
    reviews_a_day: NotRequired[int]
    # Rows that one token or person may ask the model about in a minute; above it `429`. 0: no limit.
    predictions_a_minute: NotRequired[int]
    # The same in a day (UTC).
    predictions_a_day: NotRequired[int]
    # Milliseconds one row alone may take (median): the gate refuses a slower model. 0: no limit.
    prediction_limit_ms: NotRequired[float]
    # The same of the CPU of 1,000 predictions.
    prediction_limit_cpu_ms: NotRequired[float]
    # on: programs are answered only by a promoted or released model whose mean cost is acceptable; all of `costs` has
    # to be stated first.
    production_mode: NotRequired[ProductionModeEnum]
    # Faster answers of one person get 429 with Retry-After; so many are taken at once. 0: no limit.
    answers_a_minute: NotRequired[int]
    # auto: known items are put to one person more where that is worth more than a new item; off: never. Of
    # classification and multilabel.
    second_opinions: NotRequired[SecondOpinionsEnum]
    # Share of the questions that these are at most.
    second_share: NotRequired[float]
    # People that a second opinion may bring an item to.
    most_answers: NotRequired[int]


class ProjectOut(TypedDict):
    slug: str
    name: str
    kind: KindEnum
    modality: ModalityEnum
    labels: list[Label]
    purpose: str
    instructions: str
    instructions_version: int
    settings: Settings
    costs: Costs
    archived: bool
    created_at: str


class ReasonInRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    reason: str


class ReleaseDetailOut(TypedDict):
    number: int
    state: ReleaseStateEnum
    mode: ReleaseModeEnum
    # The number of a model.
    candidate: int
    # The number of the model it is compared with.
    champion: int
    # Of callers who get the candidate's answer.
    share: float
    promotes: bool
    latency_limit_ms: float | None
    reason: str
    # Why it ended; empty while it runs.
    why: str
    started_at: str
    started_by: str | None
    ended_at: str | None
    # Null where it ended by itself.
    ended_by: str | None
    # Contents that both were asked about.
    predictions: int
    # Of them answered by the candidate.
    by_candidate: int
    # Of them where the candidate failed; the champion answered.
    failed: int
    # Share of predictions with the same answer.
    agreement: float | None
    # One prediction, encoding included.
    candidate_ms: float | None
    champion_ms: float | None
    # Wrong by what people answered, each content once.
    error_rate: ArmsDifferenceOut
    outlier_share: ArmsDifferenceOut
    # So many more outliers are no ground to send it back.
    outlier_margin: float
    # `worse`, `more outliers`, `better`, or null.
    proven: str | None
    # [contents judged, difference of errors, low, high], as they became known.
    course: list[list[float]]


class ReleaseInRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    # The number of a model.
    candidate: int
    reason: str
    mode: NotRequired[ReleaseModeEnum]
    # Of callers who get its answer: by default .1 of a canary, .5 of A/B, always 0 of a shadow.
    share: NotRequired[float]
    # A proven gain makes it the champion without a person.
    promotes: NotRequired[bool]
    # For one prediction.
    latency_limit_ms: NotRequired[float | None]


class ReleaseOut(TypedDict):
    number: int
    state: ReleaseStateEnum
    mode: ReleaseModeEnum
    # The number of a model.
    candidate: int
    # The number of the model it is compared with.
    champion: int
    # Of callers who get the candidate's answer.
    share: float
    promotes: bool
    latency_limit_ms: float | None
    reason: str
    # Why it ended; empty while it runs.
    why: str
    started_at: str
    started_by: str | None
    ended_at: str | None
    # Null where it ended by itself.
    ended_by: str | None
    # Contents that both were asked about.
    predictions: int
    # Of them answered by the candidate.
    by_candidate: int
    # Of them where the candidate failed; the champion answered.
    failed: int
    # Share of predictions with the same answer.
    agreement: float | None
    # One prediction, encoding included.
    candidate_ms: float | None
    champion_ms: float | None
    # Wrong by what people answered, each content once.
    error_rate: ArmsDifferenceOut
    outlier_share: ArmsDifferenceOut
    # So many more outliers are no ground to send it back.
    outlier_margin: float
    # `worse`, `more outliers`, `better`, or null.
    proven: str | None


class ReleasedOut(TypedDict):
    released: int


class SaidAboutOut(TypedDict):
    by: str
    # Who reads it beside reviewers; mostly nobody.
    to: str
    text: str
    at: str
    open: bool


class SaidOut(TypedDict):
    # Empty for a label that came in nobody's name.
    by: str
    imported: bool
    answer: dict[str, Any]
    words: str
    elapsed_ms: int | None
    at: str
    # Who answered was not sure.
    doubt: bool
    # What he said with the answer.
    comment: str


class TaskImage(TypedDict):
    # A derived preview.
    src: str
    # Pixels of the upright original.
    width: int
    # Pixels of the upright original.
    height: int
    # Of greys of more than 8 bits: a preview takes `low` and `high`, a part of their range.
    deep: NotRequired[bool]


class TaskItem(TypedDict):
    id: int
    text: str
    context: str
    # [column, value] of a table row.
    fields: list[list[Any]]
    image: TaskImage | None


class ReviewEntryOut(TypedDict):
    """An item of the queue: as an annotator sees it, why it waits, and what everybody said of it."""
    item: int
    external_id: str | None
    sort: ReviewSortEnum
    why: str
    split: str
    claimed_until: str | None
    task: TaskItem
    comments: list[SaidAboutOut]
    # Nobody's where the sort is *blind*: that is decided without seeing them.
    answers: list[SaidOut]
    # What *accept* would decide; null where it cannot.
    accepted: dict[str, Any] | None
    # What was decided before.
    review: dict[str, Any] | None


class ReviewInRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    item: int
    verdict: VerdictEnum
    # Of *change*, as an annotator gives it.
    answer: NotRequired[dict[str, Any] | None]
    # For the author; *send_back* needs one.
    comment: NotRequired[str]
    # Whose answer goes back, where several answered.
    author: NotRequired[str]


class ReviewOut(TypedDict):
    id: int
    item: int
    external_id: str | None
    reviewer: str
    verdict: VerdictEnum
    # Why it was in the queue; empty where it was not.
    sort: ReviewSortEnum | BlankEnum
    answer: NotRequired[dict[str, Any] | None]
    # Whether the answer is what people's came to; null where none was decided.
    is_same: bool | None
    # Whether the reviewer is among those who answered.
    of_own_answer: bool
    comment: NotRequired[str | None]
    author: NotRequired[str | None]
    # Sent back, and the author has not looked at it yet.
    waits: bool
    answered_at: NotRequired[str | None]
    # Those that were decided as one.
    batch: NotRequired[str]
    created_at: NotRequired[str]
    undone_at: NotRequired[str | None]
    undone_by: NotRequired[str | None]


class ReviewsNextInRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    count: NotRequired[int]
    # All where none is named.
    sorts: NotRequired[list[ReviewSortEnum]]


class RunConsensusOut(TypedDict):
    """What people's answers to the pool came to by the rule there was evidence for, and the model learned."""
    rule: str
    version: int
    # Which evidence there was.
    reason: str
    # Whether confidence is one; otherwise it is an order.
    is_probability: bool
    # What a vote weighs beside a person's, by name and version.
    machines: dict[str, float]
    items: int


class StepOut(TypedDict):
    name: str
    state: StepOutStateEnum
    started_at: str
    seconds: float
    note: str
    # Most memory the worker held in this step.
    peak_memory_mb: NotRequired[int]


class RunOut(TypedDict):
    id: str
    state: JobStateEnum
    trigger: TriggerEnum
    # Why it ran, or why it was skipped.
    reason: NotRequired[str]
    steps: list[StepOut]
    # Id of the model version that came of it.
    model: int | None
    error: NotRequired[str]
    created_at: str
    started_at: NotRequired[str | None]
    finished_at: NotRequired[str | None]
    seed: NotRequired[int]
    # Progress.annotations when the data was frozen.
    annotations_seen: NotRequired[int]
    # Hash of the frozen data's manifest.
    data_sha256: NotRequired[str]
    # The epoch it published.
    epoch: NotRequired[int | None]
    data_tests: list[FindingOut]
    # Code, Python and library versions, parameters.
    environment: NotRequired[Any]
    # null for runs of releases that did not count them.
    sources: LabelSourcesOut | None
    # null where the majority counts.
    consensus: RunConsensusOut | None


class SchemeOutcomeOut(TypedDict):
    """What was done, or would be."""
    # The version there is now.
    version: int
    preview: bool
    words: str
    # What an undo takes back, the newest first.
    steps: list[str]
    # Only said in a preview, as the next two.
    answers_read_anew: int | None
    items_asked_again: int | None
    items_counting_again: int | None
    # In use, in their order.
    labels: list[str]


class SchemeVersionOut(TypedDict):
    version: int
    operation: OperationEnum
    # What was done, as a sentence.
    words: str
    reason: str
    made_by: NotRequired[str | None]
    made_at: str
    # The newest version that it takes back, with all down to the one after `restores`.
    undoes: int | None
    # The version whose labels an undo brought back.
    restores: int | None
    # What an undo took back, the newest first.
    steps: list[str]


class SkipInRequest(TypedDict):
    reason: ReasonEnum


class SkipOut(TypedDict):
    task: int
    state: SkipOutStateEnum
    reason: ReasonEnum


class WrittenColumnOut(TypedDict):
    name: str
    type: str


class WrittenRowsOut(TypedDict):
    # Rows of the project that were to be written.
    read: int
    written: int
    # Rows that the format does not take; the losses say why.
    skipped: int


class SnapshotCertificateOut(TypedDict):
    id: str
    state: JobStateEnum
    finished_at: str | None
    size_bytes: int
    checks: list[CertificateCheckOut]
    # The same for people, in sentences.
    summary: list[str]
    # Always export.
    conversion: str
    format: str
    # The shape of the rows.
    rows_of: str
    filters: dict[str, str]
    # Of people: real or pseudonyms.
    names: str
    # The version of the labels by which answers are told.
    scheme: NotRequired[int | None]
    sha256: str
    # Of the rows that were read.
    columns: list[WrittenColumnOut]
    rows: WrittenRowsOut
    # Different items that the rows name.
    items: int | None
    # Answers that the rows are, or are made of.
    answers: int | None
    # Rows by where their label comes from, which add up to rows.read; null where a row has no source.
    sources: NotRequired[dict[str, int] | None]
    # What the format could not hold of these rows, counted while it was written.
    losses: list[LossOut]
    # What the format never holds, whatever the rows are.
    cannot_hold: list[str]


class SnapshotFilters(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    split: NotRequired[SplitEnum]
    source: NotRequired[SourceEnum]
    # Of several sources, with commas between them: human,review,import.
    sources: NotRequired[str]
    only: NotRequired[OnlyEnum]
    # The version of the labels.
    scheme: NotRequired[int]
    # Of the items that a step *select* has kept.
    selection: NotRequired[str]


class SnapshotFiltersRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    split: NotRequired[SplitEnum]
    source: NotRequired[SourceEnum]
    # Of several sources, with commas between them: human,review,import.
    sources: NotRequired[str]
    only: NotRequired[OnlyEnum]
    # The version of the labels.
    scheme: NotRequired[int]
    # Of the items that a step *select* has kept.
    selection: NotRequired[str]


class SnapshotInRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    format: NotRequired[ExportFormatEnum]
    rows: NotRequired[RowsEnum]
    filters: NotRequired[SnapshotFiltersRequest]
    # These columns only, in this order; all of them where it is empty.
    columns: NotRequired[list[str]]
    # Pseudonyms: viewers may read it too.
    names: NotRequired[NamesEnum]


class SnapshotOut(TypedDict):
    id: str
    state: JobStateEnum
    format: ExportFormatEnum
    rows: RowsEnum
    filters: SnapshotFilters
    names: NamesEnum
    # Those asked for, if any.
    columns: list[str]
    sha256: NotRequired[str]
    size_bytes: NotRequired[int]
    row_count: NotRequired[int]
    # Address of the file once it is written.
    file: str | None
    error: NotRequired[str]
    created_at: str
    finished_at: NotRequired[str | None]


class UnsuspectedOut(TypedDict):
    value: float
    count: int
    n: int
    low: float | None
    high: float | None
    note: str


class StandingOut(TypedDict):
    # Items of the queue by sort.
    waiting: dict[str, int]
    sorts: list[ReviewSortEnum]
    # Of the answers nobody suspects, the share that is looked at.
    random_share: float
    # Of all answered items, the share that is decided without seeing what was said.
    blind_share: float
    # Whether one may decide about what only oneself has answered.
    own_allowed: bool
    # Items with comments that no reviewer has settled.
    open_threads: int
    # Share of those drawn at random that reviewers changed, with its interval.
    unsuspected_errors: UnsuspectedOut | None


class TaskContext(TypedDict):
    text: str
    # What the better one is better for.
    purpose: str
    # [name, value].
    facts: list[list[Any]]
    image: TaskImage | None


class TaskReturned(TypedDict):
    """Of an own answer that a reviewer sent back: what he said, and the answer, which counts until it is changed."""
    comment: str
    answer: dict[str, Any] | None
    # What stands with the answer; null for nothing.
    remark: AnswerRemark | None


class TaskSuggestion(TypedDict):
    """What a machine takes it to be, in projects that show this; it says nothing that was not withheld elsewhere."""
    # As it would be answered.
    answer: dict[str, Any]


class TaskView(TypedDict):
    """One of the two of a pair: no number, no name, no score."""
    text: str
    # [column, value] of a table row.
    fields: list[list[Any]]
    image: TaskImage | None


class TaskOut(TypedDict):
    """A question, and nothing that could bias the answer: about `item`, or about `left` and `right` in `context`."""
    id: int
    kind: KindEnum
    modality: ModalityEnum
    lease_expires_at: str
    item: NotRequired[TaskItem]
    context: NotRequired[TaskContext]
    left: NotRequired[TaskView]
    right: NotRequired[TaskView]
    returned: NotRequired[TaskReturned]
    suggestion: NotRequired[TaskSuggestion]


class ToPredictOut(TypedDict):
    """As a person is shown it: an `item`, or the `pair` of `left` and `right` in `context`."""
    item: NotRequired[TaskItem]
    # Its number, by which a row names it.
    pair: NotRequired[int]
    context: NotRequired[TaskContext]
    left: NotRequired[TaskView]
    right: NotRequired[TaskView]


class TokenInRequest(TypedDict):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""
    username: str
    password: str
    # What the token may be used for; without it everything.
    scopes: NotRequired[list[ScopesEnum]]
    # Slug of the only project that it reaches; without it all of yours.
    project: NotRequired[str]
    # Without it the token does not run out.
    expires_in_days: NotRequired[int]


class TokenOut(TypedDict):
    token: str
    scopes: list[ScopesEnum]
    project: str | None
    expires_at: str | None


OPERATIONS: Final[Mapping[str, Operation]] = {
    "annotations_list": Operation("GET", "/api/v1/projects/{slug}/annotations/", query=('annotator', 'cursor', 'limit', 'since', 'source', 'split')),
    "auth_token": Operation("POST", "/api/v1/auth/token/"),
    "export": Operation("GET", "/api/v1/projects/{slug}/export/", query=('columns', 'format', 'names', 'only', 'rows', 'schema', 'scheme', 'selection', 'source', 'sources', 'split')),
    "feedback": Operation("POST", "/api/v1/projects/{slug}/feedback/"),
    "imports_certificate": Operation("GET", "/api/v1/projects/{slug}/imports/{public_id}/certificate/"),
    "imports_list": Operation("GET", "/api/v1/projects/{slug}/imports/", query=('cursor', 'limit')),
    "imports_preview": Operation("POST", "/api/v1/projects/{slug}/imports/preview/"),
    "imports_read": Operation("GET", "/api/v1/projects/{slug}/imports/{public_id}/"),
    "imports_rejections": Operation("GET", "/api/v1/projects/{slug}/imports/{public_id}/rejections/", query=('cursor', 'limit')),
    "imports_start": Operation("POST", "/api/v1/projects/{slug}/imports/", headers=('Idempotency-Key',)),
    "invitations_list": Operation("GET", "/api/v1/projects/{slug}/invitations/", query=('cursor', 'limit')),
    "invitations_make": Operation("POST", "/api/v1/projects/{slug}/invitations/"),
    "invitations_revoke": Operation("POST", "/api/v1/invitations/{id}/revoke/"),
    "items_list": Operation("GET", "/api/v1/projects/{slug}/items/", query=('agrees', 'annotator', 'answered', 'batch', 'because', 'context', 'cursor', 'gold', 'group', 'label', 'limit', 'map', 'model', 'origin', 'people', 'q', 'remark', 'reviewed', 'sort', 'split', 'status', 'sure')),
    "labels_merge": Operation("POST", "/api/v1/projects/{slug}/labels/merge/"),
    "labels_split": Operation("POST", "/api/v1/projects/{slug}/labels/split/"),
    "labels_undo": Operation("POST", "/api/v1/projects/{slug}/labels/undo/"),
    "labels_versions": Operation("GET", "/api/v1/projects/{slug}/labels/scheme/", query=('cursor', 'limit')),
    "members_change": Operation("PATCH", "/api/v1/projects/{slug}/members/{username}/"),
    "members_list": Operation("GET", "/api/v1/projects/{slug}/members/", query=('cursor', 'limit')),
    "members_remove": Operation("DELETE", "/api/v1/projects/{slug}/members/{username}/"),
    "members_set": Operation("POST", "/api/v1/projects/{slug}/members/"),
    "metrics": Operation("GET", "/api/v1/projects/{slug}/metrics/"),
    "models_list": Operation("GET", "/api/v1/projects/{slug}/models/", query=('cursor', 'limit')),
    "models_read": Operation("GET", "/api/v1/models/{id}/"),
    "predict": Operation("POST", "/api/v1/projects/{slug}/predict/", query=('caller', 'explain', 'force', 'version')),
    "prediction_files_cancel": Operation("POST", "/api/v1/projects/{slug}/predictions/files/{public_id}/cancel/"),
    "prediction_files_list": Operation("GET", "/api/v1/projects/{slug}/predictions/files/", query=('cursor', 'limit')),
    "prediction_files_read": Operation("GET", "/api/v1/projects/{slug}/predictions/files/{public_id}/"),
    "prediction_files_result": Operation("GET", "/api/v1/projects/{slug}/predictions/files/{public_id}/result/", query=('format',)),
    "prediction_files_start": Operation("POST", "/api/v1/projects/{slug}/predictions/files/", headers=('Idempotency-Key',)),
    "predictions_import": Operation("POST", "/api/v1/projects/{slug}/predictions/import/", query=('machine', 'version'), headers=('Idempotency-Key',)),
    "predictions_items": Operation("GET", "/api/v1/projects/{slug}/predictions/items/", query=('cursor', 'limit', 'machine', 'missing', 'version')),
    "production_retrieve": Operation("GET", "/api/v1/projects/{slug}/production/"),
    "projects_change": Operation("PATCH", "/api/v1/projects/{slug}/"),
    "projects_create": Operation("POST", "/api/v1/projects/"),
    "projects_delete": Operation("DELETE", "/api/v1/projects/{slug}/"),
    "projects_list": Operation("GET", "/api/v1/projects/", query=('cursor', 'limit')),
    "projects_read": Operation("GET", "/api/v1/projects/{slug}/"),
    "releases_list": Operation("GET", "/api/v1/projects/{slug}/releases/", query=('cursor', 'limit')),
    "releases_promote": Operation("POST", "/api/v1/projects/{slug}/releases/{number}/promote/"),
    "releases_read": Operation("GET", "/api/v1/projects/{slug}/releases/{number}/"),
    "releases_roll_back": Operation("POST", "/api/v1/projects/{slug}/releases/{number}/roll-back/"),
    "releases_start": Operation("POST", "/api/v1/projects/{slug}/releases/"),
    "reviews_believed": Operation("GET", "/api/v1/projects/{slug}/reviews/believed/{id}/"),
    "reviews_change": Operation("PATCH", "/api/v1/projects/{slug}/reviews/standing/"),
    "reviews_decide": Operation("POST", "/api/v1/projects/{slug}/reviews/"),
    "reviews_list": Operation("GET", "/api/v1/projects/{slug}/reviews/", query=('cursor', 'limit')),
    "reviews_next": Operation("POST", "/api/v1/projects/{slug}/reviews/next/"),
    "reviews_release": Operation("POST", "/api/v1/projects/{slug}/reviews/release/"),
    "reviews_standing": Operation("GET", "/api/v1/projects/{slug}/reviews/standing/"),
    "reviews_undo": Operation("POST", "/api/v1/projects/{slug}/reviews/{id}/undo/"),
    "runs_cancel": Operation("POST", "/api/v1/runs/{public_id}/cancel/"),
    "runs_list": Operation("GET", "/api/v1/projects/{slug}/runs/", query=('cursor', 'limit')),
    "runs_read": Operation("GET", "/api/v1/runs/{public_id}/"),
    "runs_start": Operation("POST", "/api/v1/projects/{slug}/runs/"),
    "snapshots_certificate": Operation("GET", "/api/v1/snapshots/{public_id}/certificate/"),
    "snapshots_file": Operation("GET", "/api/v1/snapshots/{public_id}/file/"),
    "snapshots_list": Operation("GET", "/api/v1/projects/{slug}/snapshots/", query=('cursor', 'limit')),
    "snapshots_read": Operation("GET", "/api/v1/snapshots/{public_id}/"),
    "snapshots_start": Operation("POST", "/api/v1/projects/{slug}/snapshots/", headers=('Idempotency-Key',)),
    "tasks_answer": Operation("PUT", "/api/v1/tasks/{id}/answer/"),
    "tasks_answer_several": Operation("PUT", "/api/v1/tasks/answers/"),
    "tasks_next": Operation("POST", "/api/v1/projects/{slug}/tasks/next/"),
    "tasks_skip": Operation("POST", "/api/v1/tasks/{id}/skip/"),
    "tasks_take_back": Operation("DELETE", "/api/v1/tasks/{id}/answer/"),
}
