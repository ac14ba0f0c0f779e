"""Certificates as they are told over REST: what a conversion carried and lost."""

from typing import Any

from rest_framework import serializers

from labeling.models import JobState


class CertificateCheckOut(serializers.Serializer[Any]):
    what = serializers.CharField()
    expected = serializers.CharField()
    found = serializers.CharField()
    ok = serializers.BooleanField()


class _CertificateOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=JobState.choices)
    finished_at = serializers.DateTimeField(allow_null=True)
    size_bytes = serializers.IntegerField()
    checks = CertificateCheckOut(many=True)
    summary = serializers.ListField(child=serializers.CharField(), help_text="The same for people, in sentences.")


class ReadRecordsOut(serializers.Serializer[Any]):
    read = serializers.IntegerField(allow_null=True)
    accepted = serializers.IntegerField()
    items = serializers.IntegerField(allow_null=True, help_text="Accepted as new items.")
    pairs = serializers.IntegerField(allow_null=True, help_text="Accepted as pairs, judgments or gold answers.")
    duplicates = serializers.IntegerField()
    completed = serializers.IntegerField(allow_null=True, help_text="Duplicates that gave their item what it lacked.")
    rejected = serializers.IntegerField()


class ReadAnswersOut(serializers.Serializer[Any]):
    read = serializers.IntegerField()
    stored = serializers.IntegerField()
    not_stored = serializers.IntegerField(help_text="The item or pair has one already, or the row was refused.")
    contradicted = serializers.IntegerField(help_text="Of those: said otherwise than the one that is there.")
    by_name = serializers.IntegerField(help_text="Of those read: given by somebody whom the file names.")


class ReadGoldOut(serializers.Serializer[Any]):
    read = serializers.IntegerField()
    stored = serializers.IntegerField()
    not_stored = serializers.IntegerField(help_text="The item has one already, or the row was refused.")


class UnknownLabelOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    rows = serializers.IntegerField()


class ReadLabelsOut(serializers.Serializer[Any]):
    added = serializers.ListField(child=serializers.CharField())
    unknown = UnknownLabelOut(many=True, help_text="Labels that the project lacks, with the rows rejected for them.")


class ReasonOut(serializers.Serializer[Any]):
    reason = serializers.CharField()
    field = serializers.CharField()
    rows = serializers.IntegerField()
    first = serializers.IntegerField()
    last = serializers.IntegerField()


class ChangeOut(serializers.Serializer[Any]):
    what = serializers.CharField()
    count = serializers.IntegerField(help_text="0 for what holds for the whole file.")


class ImportCertificateOut(_CertificateOut):
    conversion = serializers.CharField(help_text="Always import.")
    format = serializers.CharField()
    file_name = serializers.CharField()
    sha256 = serializers.CharField(allow_null=True, help_text="Of the upload as it came.")
    records = ReadRecordsOut()
    answers = ReadAnswersOut(allow_null=True)
    gold = ReadGoldOut(allow_null=True, help_text="Known answers of items.")
    labels = ReadLabelsOut()
    rejections = ReasonOut(many=True, help_text="The most frequent reasons, at most a hundred.")
    rejections_unlisted = serializers.IntegerField(help_text="Rows rejected for further reasons.")
    changes = ChangeOut(many=True, help_text="What was found, changed or left out, with the number of cells or rows.")


class WrittenRowsOut(serializers.Serializer[Any]):
    read = serializers.IntegerField(help_text="Rows of the project that were to be written.")
    written = serializers.IntegerField()
    skipped = serializers.IntegerField(help_text="Rows that the format does not take; the losses say why.")


class LossOut(serializers.Serializer[Any]):
    what = serializers.CharField()
    column = serializers.CharField(help_text="Empty where the whole row is meant.")
    rows = serializers.IntegerField()


class WrittenColumnOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    type = serializers.CharField()


class SnapshotCertificateOut(_CertificateOut):
    conversion = serializers.CharField(help_text="Always export.")
    format = serializers.CharField()
    rows_of = serializers.CharField(help_text="The shape of the rows.")
    filters = serializers.DictField(child=serializers.CharField())
    names = serializers.CharField(help_text="Of people: real or pseudonyms.")
    scheme = serializers.IntegerField(
        default=None, allow_null=True, help_text="The version of the labels by which answers are told."
    )
    sha256 = serializers.CharField()
    columns = WrittenColumnOut(many=True, help_text="Of the rows that were read.")
    rows = WrittenRowsOut()
    items = serializers.IntegerField(allow_null=True, help_text="Different items that the rows name.")
    answers = serializers.IntegerField(allow_null=True, help_text="Answers that the rows are, or are made of.")
    sources = serializers.DictField(
        child=serializers.IntegerField(),
        default=None,
        allow_null=True,
        help_text="Rows by where their label comes from, which add up to rows.read; null where a row has no source.",
    )
    losses = LossOut(many=True, help_text="What the format could not hold of these rows, counted while it was written.")
    cannot_hold = serializers.ListField(
        child=serializers.CharField(), help_text="What the format never holds, whatever the rows are."
    )
