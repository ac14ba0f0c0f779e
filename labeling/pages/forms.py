"""Forms of the pages. They shape and repeat input; what is allowed is decided by the services (``Invalid``)."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms

from labeling.kinds import KINDS, PAIR_SETTINGS, PerSubject, QuestionKind, kind_choices
from labeling.models import (
    AskAbout,
    AskAgain,
    ConsensusBy,
    FallBack,
    GoldFeedback,
    MachineVotes,
    Modality,
    Pairs,
    Project,
    Role,
)
from labeling.models.invitation import MAX_USES
from labeling.models.project import MACHINE_SETTINGS, OFF, PRODUCTION_SETTINGS, SETTINGS_FIELDS
from labeling.pages import label_lines
from labeling.services.members.measure import MAX_ANSWERS
from labeling.services.projects import setting_choices
from labeling.services.validation.errors import Invalid


class CalmForm(forms.Form):
    """Widgets with the class of our stylesheet, no browser bubbles, errors of services beside their field."""

    use_required_attribute = False

    def __init__(self, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        super().__init__(data, files, label_suffix="", **kwargs)
        dress(self)

    def blame(self, error: Invalid) -> None:
        """Puts a service's refusal beside the field it names (``settings.overlap`` is the field ``overlap``)."""
        field = error.field.removeprefix("settings.")
        self.add_error(field if field in self.fields else None, error.reason)


def dress(form: forms.BaseForm) -> None:
    """Adds the stylesheet's class to every typed-in control."""
    for field in form.fields.values():
        if not isinstance(field.widget, forms.CheckboxInput | forms.RadioSelect | forms.FileInput):
            old = field.widget.attrs.get("class", "")
            field.widget.attrs["class"] = f"control {old}".strip()


class PercentField(forms.FloatField):
    """Shown and typed as a percentage, a share between 0 and 1 in Python."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.NumberInput(attrs={"class": "control--short", "step": "any"}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value * 100:g}" if isinstance(value, float) else value

    def to_python(self, value: Any) -> Any:
        number = super().to_python(value)
        return None if number is None else round(number / 100, 6)


class MinutesField(forms.FloatField):
    """Shown and typed in minutes, seconds in Python."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.NumberInput(attrs={"class": "control--short", "step": "any"}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value / 60:g}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        number = super().to_python(value)
        if number is None:
            return None
        if not math.isfinite(number * 60):  # the check of the base class comes after this
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return round(number * 60)


class LabelsField(forms.CharField):
    """One label a line; cleans to ``[{"name", "hotkey"}]``."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"rows": 8, "data-labels": "", "spellcheck": "false"}
        super().__init__(widget=forms.Textarea(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> Any:
        return label_lines.parse(super().clean(value))


class BasicsForm(CalmForm):
    name = forms.CharField(max_length=200, label="Name")
    purpose = forms.CharField(
        required=False,
        label="Purpose",
        help_text="One or two sentences: what the labels are for. Annotators see them above the instructions.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class LabelsForm(CalmForm):
    labels = LabelsField(
        required=False,
        label="Labels",
        help_text="One a line. A key in square brackets is pressed to give the label: “glass [g]”. "
        "Labels without one get the next free key. One label alone finds more like it: what else is met is an "
        "unknown pattern, until you name it.",
    )


class InstructionsForm(CalmForm):
    instructions = forms.CharField(
        required=False,
        label="Instructions",
        help_text="Markdown. What counts as what, with the hard cases. Every change is kept as a version.",
        widget=forms.Textarea(attrs={"rows": 10, "class": "control--mono"}),
    )


#: Settings whose choices learning says.
NAMED = ("strategy", "encoder", "learner")


def _choices(setting: str, objective: str = "", present: str = "") -> Callable[[], list[tuple[str, str]]]:
    """What fits ``objective``, or every kind; and what the project has, or its form could not be saved."""

    def made() -> list[tuple[str, str]]:
        names = setting_choices.choices(setting, objective=objective)
        return [(name, name.replace("_", " ")) for name in dict.fromkeys([*names, *filter(None, [present])])]

    return made


#: Label and help of the setting ``overlap``.
OVERLAP_WORDS = PerSubject(
    item=(
        "Answers per item",
        "How many different people answer each item. More costs more and shows where people disagree.",
    ),
    pair=(
        "Answers per pair, at most",
        "How many different people may judge one pair. Pairs nobody judged yet are asked first.",
    ),
)


class KindSelect(forms.RadioSelect):
    """Its buttons say what the rest of the form goes by: whether there are labels, and what is asked about."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        kind = KINDS[str(value)]
        option["hint"] = kind.words.hint
        option["attrs"] |= {
            "data-subject": kind.subject.value,
            "data-labels": "yes" if kind.has_labels else "no",
            "data-purpose": "needed" if kind.needs_purpose else "optional",
        }
        return option


class SettingsForm(CalmForm):
    """The settings of the contract in a person's units; ``values()`` is what the services take."""

    #: names of the project's machines at work
    machines: Sequence[str] = ()

    overlap = forms.IntegerField(
        label=OVERLAP_WORDS.item[0],
        help_text=OVERLAP_WORDS.item[1],
        widget=forms.NumberInput(attrs={"class": "control--short"}),
    )
    ask_about = forms.ChoiceField(
        choices=AskAbout.choices,
        required=False,
        label="People are asked about",
        help_text="An answer that came with an import can be enough: its item then counts as done. Items that were held"
        " out to measure are asked about all the same.",
    )
    eval_share = PercentField(
        label="Held out to measure, %",
        help_text="Share of the items drawn at random at import, never learned from. Applies to later imports.",
    )
    eval_double_share = PercentField(
        required=False,
        label="Of these, answered by two people, %",
        help_text="Shows how far people agree: no model can be expected to do better.",
    )
    random_share = PercentField(
        label="Random questions, %",
        help_text="Share of the questions drawn at random instead of by the model; keeps it honest.",
    )
    retrain_every = forms.IntegerField(
        label="Retrain after this many answers", widget=forms.NumberInput(attrs={"class": "control--short"})
    )
    lease_s = MinutesField(
        label="Minutes a question stays reserved", help_text="After that it is asked of somebody else."
    )
    answers_a_minute = forms.IntegerField(
        required=False,
        label="Answers a minute, at most",
        help_text="Of one person. Faster ones wait in the browser and are taken later. 0 is no limit.",
        widget=forms.NumberInput(attrs={"class": "control--short"}),
    )
    min_gain = PercentField(
        required=False,
        label="Least gain worth labeling for, %",
        help_text="In points of accuracy. When more labels bring less, the project page says that you could stop.",
    )
    strategy = forms.ChoiceField(
        choices=_choices("strategy"),
        label="Query strategy",
        help_text="What picks the next question. “auto” suits most projects.",
    )
    fall_back = forms.ChoiceField(
        choices=FallBack.choices,
        required=False,
        label="Ask at random by itself",
        help_text="Of the strategy “auto”: where what it chose cannot be learned, random questions cost less.",
    )
    second_opinions = forms.ChoiceField(
        choices=AskAgain.choices,
        required=False,
        label="Second opinions",
        help_text="Known items are put to somebody else while that finds contradictions. Needs two people.",
    )
    second_share = PercentField(
        required=False,
        label="Second opinions at most, %",
        help_text="Share of the questions. Fewer by themselves where nobody is contradicted.",
    )
    most_answers = forms.IntegerField(
        required=False,
        label="Answers per item with second opinions",
        help_text="No item is put to more people for a second opinion.",
        widget=forms.NumberInput(attrs={"class": "control--short"}),
    )
    encoder = forms.ChoiceField(
        choices=_choices("encoder"),
        label="Encoder",
        help_text="How items become numbers. “auto” goes by what the items are.",
    )
    learner = forms.ChoiceField(choices=_choices("learner"), label="Learner", help_text="What learns from the labels.")
    pairs = forms.ChoiceField(
        choices=Pairs.choices, required=False, label="Pairs asked about", help_text="Given pairs come with an import."
    )
    repeat_share = PercentField(
        required=False,
        label="Swapped repeats, %",
        help_text="Share of a person's questions that come a second time with the sides swapped.",
    )
    gold_share = PercentField(
        required=False,
        label="Gold questions, %",
        help_text="Share of a person's questions whose true answer is known: they find who guesses.",
    )

    gold_feedback = forms.ChoiceField(
        choices=GoldFeedback.choices,
        required=False,
        label="After a gold question",
        help_text="Whether people hear if they were right, and why. Their first answer is what tests them.",
    )
    practice_questions = forms.IntegerField(
        required=False,
        label="Practice questions",
        help_text="Gold items with explanations before somebody's first real question. 0 for none.",
        widget=forms.NumberInput(attrs={"class": "control--short"}),
    )
    practice_pass = PercentField(required=False, label="Of these right to pass, %")
    practice_tries = forms.IntegerField(
        required=False, label="Practice rounds at most", widget=forms.NumberInput(attrs={"class": "control--short"})
    )
    consensus_by = forms.ChoiceField(
        choices=ConsensusBy.choices,
        required=False,
        label="Several answers come to",
        help_text="What a model learns where people answered an item. What measures it stays the majority of people.",
    )
    weight_human = PercentField(
        required=False,
        label="Answers of people weigh, %",
        help_text="In training, from the next run on. 0 leaves them out. What measures a model stays as it is.",
    )
    weight_review = PercentField(
        required=False,
        label="Reviewers' decisions weigh, %",
        help_text="With 0 an item is what people answered.",
    )
    weight_import = PercentField(
        required=False,
        label="Imported labels weigh, %",
        help_text="Less than 100 where you trust them less than your people; 0 leaves them out.",
    )

    production_a_day = forms.IntegerField(
        required=False,
        label="Doubtful predictions back to people, a day",
        help_text="Where the model answers programs: what it is unsure of, or has seen nothing like, becomes an item of"
        " the pool, never of the held-out ones. At most so many a day (UTC); 0 for none.",
        widget=forms.NumberInput(attrs={"class": "control--short"}),
    )
    production_outliers = PercentField(
        required=False,
        label="Of these for outliers, %",
        help_text="The rest is for unsure ones. Neither takes what is for the other.",
    )
    production_share = PercentField(
        required=False,
        label="Questions about what came back, %",
        help_text="Share of the questions while any such item waits. Each is recorded with its chance.",
    )
    reviews_a_day = forms.IntegerField(
        required=False,
        label="Predictions that people look at, a day",
        help_text="Sizes the band “low” of predictions to what you can look at. 0 keeps the fixed bands.",
        widget=forms.NumberInput(attrs={"class": "control--short"}),
    )
    predictions_a_minute = forms.IntegerField(
        required=False,
        label="Predictions for one caller, a minute",
        help_text="Rows. Who asks for more is told when to ask again. 0 for no limit.",
        widget=forms.NumberInput(attrs={"class": "control--short"}),
    )
    predictions_a_day = forms.IntegerField(
        required=False,
        label="Predictions for one caller, a day",
        help_text="In UTC, as the one above. 0 for no limit.",
        widget=forms.NumberInput(attrs={"class": "control--short"}),
    )

    prediction_limit_ms = forms.FloatField(
        required=False,
        label="One row alone may take, ms",
        help_text="A new model that takes longer is refused, however good it is. The page of a model says what it"
        " takes. 0 for no limit.",
        widget=forms.NumberInput(attrs={"class": "control--short", "step": "any"}),
    )
    prediction_limit_cpu_ms = forms.FloatField(
        required=False,
        label="1,000 predictions may take, ms of CPU",
        help_text="As the one above.",
        widget=forms.NumberInput(attrs={"class": "control--short", "step": "any"}),
    )

    suggestions_from = forms.ChoiceField(
        required=False,
        label="Suggestions by a machine",
        help_text="Annotators are shown what it says, marked as such. Never on held-out items, gold or repeats.",
    )
    suggestions_version = forms.CharField(
        required=False,
        label="Version that suggests",
        help_text="“newest” is the one it predicts under.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    suggestions_withheld = PercentField(
        required=False,
        label="Without a suggestion, %",
        help_text="Share of these questions, at random: the machine’s card says how far people follow what they see.",
    )

    signal_from = forms.ChoiceField(
        required=False,
        label="A machine’s say in the queue",
        help_text="Where it and the model differ, or it is unsure, is asked first. Random questions stay random.",
    )
    machine_votes = forms.ChoiceField(
        choices=MachineVotes.choices,
        required=False,
        label="Votes of machines",
        help_text="Where answers are weighed by gold, never of held-out items. Without gold no weight.",
    )

    def __init__(self, data: Any = None, files: Any = None, *, kind: QuestionKind | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {**default_settings(), **kwargs.get("initial", {})}
        super().__init__(data, files, **kwargs)
        self._offer_machines(kwargs["initial"])
        if kind is not None:
            for name in kind.settings_left_out & self.fields.keys():
                del self.fields[name]
            for name in NAMED:
                if isinstance(field := self.fields.get(name), forms.ChoiceField):
                    field.choices = _choices(name, kind.learned_as or "", kwargs["initial"][name])
            overlap = self.fields["overlap"]
            overlap.label, overlap.help_text = OVERLAP_WORDS.of(kind.subject)

    def _offer_machines(self, present: Mapping[str, Any]) -> None:
        """Those at work, and the one that is set; where there is none, nothing is asked about machines."""
        set_by_name = [name for name in ("suggestions_from", "signal_from") if present[name] != OFF]
        if not self.machines and not set_by_name:
            for name in MACHINE_SETTINGS:
                del self.fields[name]
            return
        for name in ("suggestions_from", "signal_from"):
            if isinstance(field := self.fields[name], forms.ChoiceField):
                field.choices = [(each, each) for each in dict.fromkeys([*self.machines, present[name]]) if each != OFF]
                field.choices = [(OFF, "None"), *field.choices]

    def values(self) -> dict[str, Any]:
        given = {name: self.cleaned_data.get(name) for name in SETTINGS_FIELDS}
        return {name: value for name, value in given.items() if value not in (None, "")}


def default_settings() -> dict[str, Any]:
    blank = Project()
    return {name: getattr(blank, name) for name in SETTINGS_FIELDS}


class ProjectForm(SettingsForm, InstructionsForm, LabelsForm, BasicsForm):
    """Everything a new project can be told. Settings that are left empty take their defaults."""

    kind = forms.ChoiceField(
        choices=kind_choices, initial=next(iter(KINDS)), label="Kind of question", widget=KindSelect
    )
    modality = forms.ChoiceField(choices=Modality.choices, label="What is labeled", widget=forms.RadioSelect)
    labels_come = forms.BooleanField(
        required=False,
        initial=True,
        label="The labels come with the items",
        help_text="Where you name none here, those of the first import become the labels of the project.",
    )

    def __init__(self, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        super().__init__(data, files, **kwargs)
        for name in SETTINGS_FIELDS:
            if name in self.fields:
                self.fields[name].required = False
        self.fields["name"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        kind = KINDS.get(given.get("kind", ""))
        n_labels = len(given.get("labels") or ())
        too_few = kind and kind.has_labels and n_labels < kind.labels_to_learn and not given.get("labels_come")
        if too_few and "labels" not in self.errors:
            one = "One step leaves nothing to choose: give two or more, one a line."
            self.add_error("labels", one if n_labels else "Give the labels to choose from, one a line.")
        return given

    def settings_fields(self) -> list[forms.BoundField]:
        """A new project answers no programs yet."""
        asked = [name for name in SETTINGS_FIELDS if name not in PRODUCTION_SETTINGS]
        return [self[name] for name in asked if name in self.fields]

    @property
    def pair_settings(self) -> frozenset[str]:
        return PAIR_SETTINGS

    def has_settings_errors(self) -> bool:
        return any(name in self.errors for name in SETTINGS_FIELDS)


class MemberForm(CalmForm):
    username = forms.CharField(
        max_length=150, label="User name", widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    role = forms.ChoiceField(choices=Role.choices, initial=Role.ANNOTATOR, label="Role")


class InvitationForm(CalmForm):
    role = forms.ChoiceField(choices=Role.choices, initial=Role.ANNOTATOR, label="Role")
    expires_in_days = forms.TypedChoiceField(
        choices=[("1", "a day"), ("7", "7 days"), ("30", "30 days"), ("90", "90 days")],
        initial="7",
        coerce=int,
        label="Good for",
    )
    max_uses = forms.IntegerField(
        min_value=1,
        max_value=MAX_USES,
        initial=1,
        label="How many people may use it",
        widget=forms.NumberInput(attrs={"class": "control--short"}),
    )
    note = forms.CharField(
        max_length=200,
        required=False,
        label="Whom it is for",
        help_text="For you, to know it again in the list.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def _answers(label: str, least: int) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"class": "control--short"})
    return forms.IntegerField(required=False, min_value=least, max_value=MAX_ANSWERS, label=label, widget=widget)


class MeasureForm(CalmForm):
    goal_day = _answers("Goal: answers a day", 1)
    goal_total = _answers("Goal: answers in all", 1)
    quota_day = _answers("At most, a day", 0)
    quota_total = _answers("At most, in all", 0)


class DeleteForm(CalmForm):
    slug = forms.CharField(label="Address of the project", widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, data: Any = None, *, project: Project, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.project = project

    def clean_slug(self) -> str:
        typed = self.cleaned_data["slug"].strip()
        if typed != self.project.slug:
            raise forms.ValidationError(f"This is not the project's address: type {self.project.slug}")
        return typed
