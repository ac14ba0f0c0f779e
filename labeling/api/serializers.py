"""What goes in and out over REST. Checks types; what a value means is checked by the services."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from labeling.api.base import PersonField, StrictSerializer
from labeling.kinds import kind_choices
from labeling.models import (
    Annotation,
    AskAbout,
    AskAgain,
    Because,
    ConsensusBy,
    FallBack,
    GoldFeedback,
    ImportBatch,
    ImportRejection,
    Item,
    ItemStatus,
    JobState,
    MachineVotes,
    Member,
    Modality,
    Pairs,
    ProductionMode,
    Project,
    Role,
    Scope,
    Snapshot,
    Source,
    Split,
)
from labeling.models.member import MAX_PAUSE_NOTE
from labeling.models.project import SETTINGS_FIELDS
from labeling.selectors import costs
from labeling.selectors.export import CHOICES
from labeling.selectors.importing import notes_of, why_unlisted
from labeling.selectors.item_view import ITEM_SORTS, ItemView
from labeling.selectors.item_view.places import LONGEST, Outline
from labeling.selectors.item_view.view import SURE_BANDS
from labeling.selectors.row_shapes import row_names
from labeling.services.accounts.tokens import MAX_DAYS
from labeling.services.exports import format_names
from labeling.services.items.pictures import PREVIEW_SIZES
from labeling.services.members.measure import MAX_ANSWERS, MEASURES

KIND_CHOICES = kind_choices()
EXPORT_FORMATS = [(name, name) for name in format_names()]


class TokenIn(StrictSerializer):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices), required=False, allow_empty=False, max_length=len(Scope),
        help_text="What the token may be used for; without it everything.",
    )  # fmt: skip
    project = serializers.CharField(
        required=False, max_length=100, help_text="Slug of the only project that it reaches; without it all of yours."
    )
    expires_in_days = serializers.IntegerField(
        required=False, min_value=1, max_value=MAX_DAYS, help_text="Without it the token does not run out."
    )


class TokenOut(serializers.Serializer[Any]):
    token = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    project = serializers.CharField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)


class LabelSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200)
    hotkey = serializers.CharField(max_length=1, allow_blank=True, required=False)
    description = serializers.CharField(max_length=500, allow_blank=True, required=False)


class LabelRename(StrictSerializer):
    name = serializers.CharField(max_length=200, help_text="As the label is called now.")
    new_name = serializers.CharField(max_length=200)


class LabelRenamed(serializers.Serializer[Any]):
    name = serializers.CharField()
    hotkey = serializers.CharField()
    description = serializers.CharField()
    archived = serializers.BooleanField()
    former_names = serializers.ListField(child=serializers.CharField(), help_text="Oldest first; imports know them.")


class SettingsSerializer(StrictSerializer):
    """All have defaults. ``strategy``, ``encoder`` and ``learner`` are names; "auto" chooses by the data."""

    overlap = serializers.IntegerField(min_value=1, max_value=50, required=False)
    eval_share = serializers.FloatField(min_value=0, max_value=0.5, required=False)
    eval_double_share = serializers.FloatField(min_value=0, max_value=1, required=False)
    random_share = serializers.FloatField(min_value=0, max_value=1, required=False)
    strategy = serializers.CharField(max_length=40, required=False)
    encoder = serializers.CharField(max_length=40, required=False)
    learner = serializers.CharField(max_length=40, required=False)
    retrain_every = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    lease_s = serializers.IntegerField(min_value=10, max_value=7 * 24 * 3600, required=False)
    repeat_share = serializers.FloatField(min_value=0, max_value=0.5, required=False)
    gold_share = serializers.FloatField(min_value=0, max_value=0.5, required=False)
    pairs = serializers.ChoiceField(choices=Pairs.choices, required=False)
    min_gain = serializers.FloatField(min_value=0, max_value=1, required=False)
    ask_about = serializers.ChoiceField(
        choices=AskAbout.choices,
        required=False,
        help_text="all: people are asked about every item; unlabeled: not about pool items and pairs for which an"
        " import brought an answer, which then count as done. Eval items are asked about all the same.",
    )
    fall_back = serializers.ChoiceField(
        choices=FallBack.choices,
        required=False,
        help_text="auto: where choosing teaches nothing the strategy auto asks at random by itself, and says so;"
        " never: it does not, and where it did the model chooses again.",
    )
    gold_feedback = serializers.ChoiceField(
        choices=GoldFeedback.choices,
        required=False,
        help_text="said: the response to an answer on gold has `feedback`, and the page shows it.",
    )
    practice_questions = serializers.IntegerField(
        min_value=0,
        max_value=50,
        required=False,
        help_text="Gold items before the first question; 0: none.",
    )
    practice_pass = serializers.FloatField(min_value=0, max_value=1, required=False, help_text="Share to be right.")
    practice_tries = serializers.IntegerField(min_value=1, max_value=20, required=False)
    suggestions_from = serializers.CharField(
        max_length=100, required=False, help_text="Name of the machine that suggests answers to annotators; off: none."
    )
    suggestions_version = serializers.CharField(
        max_length=100, required=False, help_text="Its version; newest: the one it predicts under."
    )
    suggestions_withheld = serializers.FloatField(
        min_value=0.1, max_value=0.95, required=False, help_text="Share of the questions that go without, at random."
    )
    signal_from = serializers.CharField(
        max_length=100,
        required=False,
        help_text="Name of the machine that has a say in what the queue asks first; off: none. Not of pairs.",
    )
    machine_votes = serializers.ChoiceField(
        choices=MachineVotes.choices,
        required=False,
        help_text="on: machines vote by their proven weight where answers are weighed by evidence. Of classification.",
    )
    consensus_by = serializers.ChoiceField(
        choices=ConsensusBy.choices,
        required=False,
        help_text="evidence: a model learns what answers come to by the rule that gold shows to be better, and machines"
        " vote where `machine_votes` is on. majority: the majority. Held-out items always the majority of people.",
    )
    weight_human = serializers.FloatField(
        min_value=0, max_value=1, required=False, help_text="How much answers of people count in training; 0: not."
    )
    weight_review = serializers.FloatField(
        min_value=0, max_value=1, required=False, help_text="Decisions of reviewers."
    )
    weight_import = serializers.FloatField(min_value=0, max_value=1, required=False, help_text="Imported labels.")
    production_a_day = serializers.IntegerField(
        min_value=0,
        max_value=100_000,
        required=False,
        help_text="Doubtful predictions (unsure, outliers) that become items of the pool in a day (UTC), at most.",
    )
    production_outliers = serializers.FloatField(
        min_value=0, max_value=1, required=False, help_text="Share of these that is for outliers; the rest for unsure."
    )
    production_share = serializers.FloatField(
        min_value=0,
        max_value=0.9,
        required=False,
        help_text="Share of the pool's questions that are about such items while any waits: reason `feedback`.",
    )
    reviews_a_day = serializers.IntegerField(
        min_value=0,
        max_value=1_000_000,
        required=False,
        help_text="Predictions a day that people can look at: the band `low` is sized by it. 0: fixed bands.",
    )
    predictions_a_minute = serializers.IntegerField(
        min_value=0,
        max_value=1_000_000,
        required=False,
        help_text="Rows that one token or person may ask the model about in a minute; above it `429`. 0: no limit.",
    )
    predictions_a_day = serializers.IntegerField(
        min_value=0, max_value=1_000_000_000, required=False, help_text="The same in a day (UTC)."
    )
    prediction_limit_ms = serializers.FloatField(
        min_value=0,
        max_value=60_000,
        required=False,
        help_text="Milliseconds one row alone may take (median): the gate refuses a slower model. 0: no limit.",
    )
    prediction_limit_cpu_ms = serializers.FloatField(
        min_value=0, max_value=60_000_000, required=False, help_text="The same of the CPU of 1,000 predictions."
    )
    production_mode = serializers.ChoiceField(
        choices=ProductionMode.choices,
        required=False,
        help_text="on: programs are answered only by a promoted or released model whose mean cost is acceptable; all of"
        " `costs` has to be stated first.",
    )
    answers_a_minute = serializers.IntegerField(
        min_value=0,
        max_value=600,
        required=False,
        help_text="Faster answers of one person get 429 with Retry-After; so many are taken at once. 0: no limit.",
    )
    second_opinions = serializers.ChoiceField(
        choices=AskAgain.choices,
        required=False,
        help_text="auto: known items are put to one person more where that is worth more than a new item; off: never."
        " Of classification and multilabel.",
    )
    second_share = serializers.FloatField(
        min_value=0, max_value=0.5, required=False, help_text="Share of the questions that these are at most."
    )
    most_answers = serializers.IntegerField(
        min_value=2, max_value=50, required=False, help_text="People that a second opinion may bring an item to."
    )


class CostsSerializer(StrictSerializer):
    """What mistakes cost, in any unit, at least 0. Empty takes them away."""

    matrix = serializers.DictField(
        child=serializers.DictField(child=serializers.FloatField()),
        required=False,
        help_text="By the name of the true label, then of the answer: `{truth: {answer: cost}}`, all labels.",
    )
    all_mistakes = serializers.FloatField(
        required=False, help_text="In place of `matrix`: what every mistake costs, whichever it is; more than 0."
    )
    unit = serializers.CharField(max_length=20, allow_blank=True, required=False)
    review = serializers.FloatField(
        required=False, help_text="Of a case that a person answers: what any answer is dearer than is `unsure`."
    )
    skip = serializers.FloatField(required=False, help_text="Of a case that is left without an answer.")
    most_acceptable = serializers.FloatField(
        required=False,
        help_text="Mean cost a case above which no model is promoted, and the one in use is alarmed about.",
    )
    deadline_ms = serializers.FloatField(
        required=False, help_text="Time of one answer; what is slower is not promoted."
    )


class ProjectIn(StrictSerializer):
    name = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=KIND_CHOICES)
    modality = serializers.ChoiceField(choices=Modality.choices)
    slug = serializers.SlugField(max_length=80, required=False)
    labels = LabelSerializer(many=True, required=False)
    purpose = serializers.CharField(allow_blank=True, required=False)
    instructions = serializers.CharField(allow_blank=True, required=False, help_text="Markdown.")
    settings = SettingsSerializer(required=False)
    costs = CostsSerializer(required=False)


class ProjectChange(StrictSerializer):
    """Kind, modality and slug may be sent back, but not changed."""

    name = serializers.CharField(max_length=200, required=False)
    kind = serializers.ChoiceField(choices=KIND_CHOICES, required=False)
    modality = serializers.ChoiceField(choices=Modality.choices, required=False)
    slug = serializers.SlugField(max_length=80, required=False)
    labels = LabelSerializer(many=True, required=False)
    purpose = serializers.CharField(allow_blank=True, required=False)
    instructions = serializers.CharField(allow_blank=True, required=False)
    settings = SettingsSerializer(required=False)
    costs = CostsSerializer(required=False)
    archived = serializers.BooleanField(required=False)


class ProjectOut(serializers.Serializer[Project]):
    slug = serializers.SlugField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=KIND_CHOICES)
    modality = serializers.ChoiceField(choices=Modality.choices)
    labels = LabelSerializer(many=True)
    purpose = serializers.CharField()
    instructions = serializers.CharField()
    instructions_version = serializers.IntegerField()
    settings = SettingsSerializer()
    costs = CostsSerializer()
    archived = serializers.BooleanField()
    created_at = serializers.DateTimeField()

    def to_representation(self, project: Project) -> dict[str, Any]:
        newest = project.instructions_versions.first()  # of what a list has prefetched, no query
        return {
            "slug": project.slug,
            "name": project.name,
            "kind": project.kind,
            "modality": project.modality,
            "labels": [
                {"name": label.name, "hotkey": label.hotkey, "description": label.description}
                for label in project.labels.all()
                if not label.archived
            ],
            "purpose": project.purpose,
            "instructions": newest.text if newest else "",
            "instructions_version": project.instructions_version,
            "settings": {name: getattr(project, name) for name in SETTINGS_FIELDS},
            "costs": costs.told(project),
            "archived": project.archived_at is not None,
            "created_at": project.created_at,
        }


class MemberIn(StrictSerializer):
    username = serializers.CharField(max_length=150)
    role = serializers.ChoiceField(choices=Role.choices)


class MemberOut(serializers.ModelSerializer[Member]):
    username = serializers.CharField(source="user.username")

    class Meta:
        model = Member
        fields = ["username", "role", "answers", "is_quarantined", "added_at", *MEASURES, "paused_at", "pause_note"]


class MemberChange(StrictSerializer):
    """What is left out stays. Null takes a goal or a quota away."""

    goal_day = serializers.IntegerField(
        min_value=1,
        max_value=MAX_ANSWERS,
        allow_null=True,
        required=False,
        help_text="Told to the person; binds nobody.",
    )
    goal_total = serializers.IntegerField(min_value=1, max_value=MAX_ANSWERS, allow_null=True, required=False)
    quota_day = serializers.IntegerField(
        min_value=0,
        max_value=MAX_ANSWERS,
        allow_null=True,
        required=False,
        help_text="No more is asked in a day (UTC).",
    )
    quota_total = serializers.IntegerField(min_value=0, max_value=MAX_ANSWERS, allow_null=True, required=False)
    paused = serializers.BooleanField(required=False, help_text="Nothing is asked; the membership stays.")
    pause_note = serializers.CharField(
        max_length=MAX_PAUSE_NOTE, allow_blank=True, required=False, help_text="With `paused`: shown to the person."
    )


class ImportOut(serializers.ModelSerializer[ImportBatch]):
    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(choices=JobState.choices)
    rejections_note = serializers.SerializerMethodField(
        help_text="Why rejected rows are not listed any more, or empty."
    )

    notes = serializers.SerializerMethodField(
        help_text="What the import found in the file and did of itself, in sentences, such as a column it left out."
    )

    def get_rejections_note(self, batch: ImportBatch) -> str:
        return why_unlisted(batch)

    def get_notes(self, batch: ImportBatch) -> list[str]:
        return notes_of(batch)

    class Meta:
        model = ImportBatch
        fields = [
            "id", "state", "format", "file_name", "size_bytes", "total", "accepted", "duplicates", "rejected", "error",
            "created_at", "finished_at", "rejections_note", "notes",
        ]  # fmt: skip


class ImportFileIn(serializers.Serializer[Any]):
    file = serializers.FileField(allow_empty_file=True)
    format = serializers.CharField(required=False, allow_blank=True, help_text="When the name does not say it.")
    folder_is_label = serializers.BooleanField(required=False, help_text="For a zip of pictures.")
    columns = serializers.JSONField(
        required=False,
        help_text='What columns are for: `{"sentence": "text", "intent": "label", "row": null}`; null leaves out.',
    )
    labels = serializers.ChoiceField(
        required=False, choices=["add"], help_text="add: labels that the project lacks are added to it."
    )
    tool = serializers.CharField(
        required=False,
        help_text="Whose file it is, where its content does not tell: label-studio, doccano, trl, …; none: nobody's.",
    )


class ImportRowsIn(StrictSerializer):
    rows = serializers.ListField(
        child=serializers.JSONField(), help_text="Objects. What is none is rejected by its number, as any bad row."
    )
    columns = serializers.DictField(required=False, help_text="As with a file.")
    labels = serializers.ChoiceField(required=False, choices=["add"], help_text="As with a file.")


class RejectionOut(serializers.ModelSerializer[ImportRejection]):
    class Meta:
        model = ImportRejection
        fields = ["row", "name", "field", "reason"]


class ItemImage(serializers.Serializer[Any]):
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    media_type = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    original = serializers.CharField(help_text="Address of the bytes as uploaded.")
    preview = serializers.CharField(help_text="Address of a derived preview.")


class ItemOut(serializers.ModelSerializer[Item]):
    data = serializers.DictField(help_text="The item's own columns.")  # type: ignore[assignment]  # the name of the contract
    split = serializers.ChoiceField(choices=Split.choices)
    status = serializers.ChoiceField(choices=ItemStatus.choices)
    image = serializers.SerializerMethodField()
    #: the name and range of the contract
    slots_total = serializers.IntegerField(
        source="annotations_required", min_value=0, max_value=2**63 - 1, required=False
    )

    class Meta:
        model = Item
        fields = [
            "id", "external_id", "text", "image", "context", "group", "origin", "data", "split", "status", "answers",
            "slots_total", "created_at", "set_aside_because",
        ]  # fmt: skip

    def to_representation(self, item: Item) -> dict[str, Any]:
        """By hand what the fields would do one after the other: lists of items are what programs read all day."""
        return {
            "id": item.pk, "external_id": item.external_id, "text": item.text, "image": self.get_image(item),
            "context": item.context, "group": item.group, "origin": item.origin, "data": item.data,
            "split": item.split, "status": item.status, "answers": item.answers,
            "slots_total": item.annotations_required,
            "created_at": self.fields["created_at"].to_representation(item.created_at),
            "set_aside_because": item.set_aside_because,
        }  # fmt: skip

    @extend_schema_field(ItemImage(allow_null=True))
    def get_image(self, item: Item) -> dict[str, Any] | None:
        asset = item.asset
        if asset is None:
            return None
        return {
            "width": asset.width,
            "height": asset.height,
            "media_type": asset.media_type,
            "size_bytes": asset.size_bytes,
            "sha256": asset.sha256,
            "original": reverse("api:item-original", args=[item.pk]),
            "preview": reverse("api:item-preview", args=[item.pk]),
        }


class ItemFilters(serializers.Serializer[Any]):
    """A view of the items, as the page of them has it in its address."""

    split = serializers.ChoiceField(choices=Split.choices, required=False)
    status = serializers.ChoiceField(choices=ItemStatus.choices, required=False)
    because = serializers.ChoiceField(
        choices=Because.choices, required=False, help_text="Set aside: why it is not asked about."
    )
    answered = serializers.BooleanField(required=False, allow_null=True, default=None, help_text="By people.")
    label = serializers.CharField(  # type: ignore[assignment]  # the name of the contract
        max_length=200, required=False, help_text="What its answers come to; of a tie everything that was said."
    )
    people = serializers.ChoiceField(
        choices=ItemView.choices("people"), required=False, help_text="Whether several people said the same."
    )
    annotator = serializers.CharField(
        max_length=200, required=False, help_text="Somebody who answered it, as the reader is told of people."
    )
    remark = serializers.ChoiceField(
        choices=ItemView.choices("remark"), required=False, help_text="What somebody said with an answer."
    )
    reviewed = serializers.BooleanField(required=False, allow_null=True, default=None, help_text="Decided by review.")
    gold = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Its answer is known; for reviewers."
    )
    batch = serializers.UUIDField(required=False, help_text="The import that brought it.")
    origin = serializers.CharField(max_length=200, required=False)
    model = serializers.CharField(max_length=200, required=False, help_text="A label that the model in use gives it.")
    sure = serializers.ChoiceField(
        choices=[(band, words) for band, _, words in SURE_BANDS],
        required=False,
        help_text="How probable the model's answer is to it.",
    )
    agrees = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Whether the model says what people say."
    )
    context = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, help_text="Of pairs: the context the item is judged in."
    )  # type: ignore[assignment]
    map = serializers.CharField(
        max_length=LONGEST,
        required=False,
        help_text="Inside an outline on the map: its number, then x and y of 3 to 100 corners from 0 to 65,535, with"
        " dashes between them. Nothing where another map is shown by now.",
    )
    group = serializers.CharField(
        max_length=40,
        required=False,
        help_text="A cluster or near-duplicates of the map, as `map/groups/` lists them. Nothing where another map is"
        " shown by now.",
    )
    q = serializers.CharField(
        max_length=200,
        required=False,
        help_text="Words of texts, identifiers, contexts and columns: every one, the last as a beginning. "
        "A phrase stands in double quotes, words of one column behind its name and a colon.",
    )
    sort = serializers.ChoiceField(choices=list(ITEM_SORTS.items()), default="imported")

    def validate_map(self, value: str) -> str:
        if Outline.read(value) is None:
            raise serializers.ValidationError("No outline: a number, then x-y of three to 100 corners up to 65535.")
        return value

    def view(self, cursor: str) -> ItemView:
        """What was asked for, from a place on."""
        return ItemView.from_parameters(self.validated_data).but(cursor=cursor)


class FacetValueOut(serializers.Serializer[Any]):
    value = serializers.CharField(help_text="As the parameter of the facet's name takes it.")
    words = serializers.CharField()
    n = serializers.IntegerField()


class FacetOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    words = serializers.CharField()
    is_estimate = serializers.BooleanField()
    values = FacetValueOut(many=True)


class ItemFacetsOut(serializers.Serializer[Any]):
    items = serializers.IntegerField(help_text="Items of the project.")
    indexed = serializers.IntegerField(help_text="Items that are counted so far: after an import a worker goes on.")
    total = serializers.IntegerField(help_text="Items that fit the view.")
    facets = FacetOut(many=True)


@extend_schema_field({"type": "integer", "enum": list(PREVIEW_SIZES), "default": 800})
class PreviewSize(serializers.IntegerField):
    """One of those that are kept."""


#: Narrower ones have no width any more once they are values of the picture.
NARROWEST_WINDOW = 1e-6


class PreviewQuery(serializers.Serializer[Any]):
    size = PreviewSize(default=800)
    full = serializers.BooleanField(
        default=False,
        help_text="Every pixel instead: without loss up to a million, then a JPEG, scaled down beyond 32 million.",
    )
    low = serializers.FloatField(
        default=0.0,
        min_value=-10.0,
        max_value=10.0,
        help_text="Of greys of more than 8 bits: black, in shares of their range.",
    )
    high = serializers.FloatField(default=1.0, min_value=-10.0, max_value=11.0, help_text="... and white.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["high"] - attrs["low"] >= NARROWEST_WINDOW:
            raise serializers.ValidationError({"high": "Must be above `low`, by a millionth of the range at least."})
        return attrs


@extend_schema_field({"type": ["object", "null"], "additionalProperties": True})
class AnswerField(serializers.JSONField):
    """The answer in the form of the project's kind; null in the revision that takes it back."""

    def to_representation(self, value: Any) -> Any:
        return self.context["view"].label_names.named(super().to_representation(value))


class AnnotationOut(serializers.ModelSerializer[Annotation]):
    """``item`` of an answer about one, ``left`` and ``right`` of a judgment about two."""

    item = serializers.IntegerField(source="item_id", allow_null=True)
    external_id = serializers.CharField(source="item.external_id", allow_null=True)
    left = serializers.IntegerField(source="left_id", allow_null=True)
    right = serializers.SerializerMethodField()
    split = serializers.SerializerMethodField()
    task = serializers.IntegerField(source="task_id", allow_null=True)
    annotator = PersonField(source="annotator.username", allow_null=True, default=None)
    imported_annotator = PersonField(max_length=150, help_text="Who gave an imported answer.")
    source = serializers.ChoiceField(choices=Source.choices)  # type: ignore[assignment]
    answer = AnswerField(allow_null=True)
    reason = serializers.CharField(source="task.reason", allow_null=True, default=None)
    assisted = serializers.BooleanField(help_text="Given beside what a machine suggested, which was shown.")
    doubt = serializers.BooleanField(source="remark.doubt", help_text="Who answered was not sure.")
    comment = serializers.CharField(source="remark.comment", help_text="What was said with it; empty for nothing.")

    class Meta:
        model = Annotation
        fields = [
            "id", "item", "external_id", "left", "right", "split", "task", "reason", "annotator", "imported_annotator",
            "source", "answer", "revision", "is_current", "created_at", "elapsed_ms", "instructions_version",
            "ui_version", "viewport", "assisted", "doubt", "comment",
        ]  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=Split.choices))
    def get_split(self, annotation: Annotation) -> str:
        return annotation.about.split

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_right(self, annotation: Annotation) -> int | None:
        pair = annotation.pair
        if pair is None:
            return None
        return pair.second_id if annotation.left_id == pair.first_id else pair.first_id


class AnnotationFilters(serializers.Serializer[Any]):
    split = serializers.ChoiceField(choices=Split.choices, required=False)
    source = serializers.ChoiceField(choices=Source.choices, required=False)  # type: ignore[assignment]
    annotator = serializers.CharField(max_length=150, required=False, help_text="As the answers name them.")
    since = serializers.DateTimeField(required=False, help_text="Stored at or after this time.")


NAMES = [("real", "real"), ("pseudonyms", "pseudonyms")]


class ExportQuery(serializers.Serializer[Any]):
    names = serializers.ChoiceField(
        choices=NAMES, required=False, help_text="Of people; real needs the permission to see them, and is then usual."
    )
    format = serializers.ChoiceField(choices=EXPORT_FORMATS, default="jsonl")
    rows = serializers.ChoiceField(choices=row_names(), default="annotations")
    split = serializers.ChoiceField(choices=Split.choices, required=False)
    source = serializers.ChoiceField(choices=Source.choices, required=False)  # type: ignore[assignment]
    sources = serializers.CharField(
        required=False, max_length=200, help_text="Of several sources, with commas between them: human,review,import."
    )
    only = serializers.ChoiceField(choices=["iid"], required=False, help_text="Asked by a draw no model had a say in.")
    scheme = serializers.IntegerField(
        min_value=1, required=False, help_text="The version of the labels by which answers are told; that of now."
    )
    selection = serializers.UUIDField(required=False, help_text="Of the items that a step *select* has kept.")
    columns = serializers.CharField(
        required=False,
        max_length=10_000,
        help_text="Names with commas between them: these columns only, in this order.",
    )
    schema = serializers.BooleanField(
        default=False, help_text="Instead of the rows what the columns of a table are, as a Table Schema."
    )


class SnapshotFilters(StrictSerializer):
    split = serializers.ChoiceField(choices=Split.choices, required=False)
    source = serializers.ChoiceField(choices=Source.choices, required=False)  # type: ignore[assignment]
    sources = serializers.CharField(
        required=False, max_length=200, help_text="Of several sources, with commas between them: human,review,import."
    )
    only = serializers.ChoiceField(choices=["iid"], required=False)
    scheme = serializers.IntegerField(min_value=1, required=False, help_text="The version of the labels.")
    selection = serializers.UUIDField(required=False, help_text="Of the items that a step *select* has kept.")


class SnapshotIn(StrictSerializer):
    format = serializers.ChoiceField(choices=EXPORT_FORMATS, default="jsonl")
    rows = serializers.ChoiceField(choices=row_names(), default="annotations")
    filters = SnapshotFilters(required=False)
    columns = serializers.ListField(
        child=serializers.CharField(max_length=1_000),
        required=False,
        max_length=1_000,
        help_text="These columns only, in this order; all of them where it is empty.",
    )
    names = serializers.ChoiceField(choices=NAMES, default="real", help_text="Pseudonyms: viewers may read it too.")


class SnapshotOut(serializers.ModelSerializer[Snapshot]):
    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(choices=JobState.choices)
    format = serializers.ChoiceField(choices=EXPORT_FORMATS)
    rows = serializers.ChoiceField(choices=row_names())
    filters = serializers.SerializerMethodField()
    names = serializers.SerializerMethodField()
    columns = serializers.SerializerMethodField()
    file = serializers.SerializerMethodField()

    class Meta:
        model = Snapshot
        fields = [
            "id", "state", "format", "rows", "filters", "names", "columns", "sha256", "size_bytes", "row_count", "file",
            "error", "created_at", "finished_at",
        ]  # fmt: skip

    @extend_schema_field(SnapshotFilters)
    def get_filters(self, snapshot: Snapshot) -> dict[str, str]:
        """What was asked for; the version of the labels stands in the certificate."""
        return {name: value for name, value in snapshot.filters.items() if name in CHOICES}

    @extend_schema_field(serializers.ChoiceField(choices=NAMES))
    def get_names(self, snapshot: Snapshot) -> str:
        return "pseudonyms" if snapshot.filters.get("pseudonyms") else "real"

    @extend_schema_field(serializers.ListField(child=serializers.CharField(), help_text="Those asked for, if any."))
    def get_columns(self, snapshot: Snapshot) -> list[str]:
        return list(snapshot.filters.get("columns", ()))

    @extend_schema_field(serializers.CharField(allow_null=True, help_text="Address of the file once it is written."))
    def get_file(self, snapshot: Snapshot) -> str | None:
        return reverse("api:snapshot-file", args=[snapshot.public_id]) if snapshot.state == JobState.DONE else None
