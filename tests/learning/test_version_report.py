"""A version's report is written and read in one place, and one of long ago is read like one of today."""

import json
from dataclasses import replace

import pytest

from learning.models.version_report import REPORT_VERSION, PairAudit, UnknownReport, VersionReport
from tests.upgrade.old_home import expected_files, expected_of

MEASURED = VersionReport(labels=[{"label": 0}], confusion=[[1, 0], [0, 2]], n_eval=3, n_imported=0, n_tied=1)
OLD = [name for name in expected_files() if "/model-" in name]


def test_a_report_is_read_as_it_was_written():
    stored = json.loads(json.dumps(MEASURED.as_json()))
    assert VersionReport.from_json(stored) == MEASURED
    assert stored["version"] == REPORT_VERSION


def test_what_is_found_out_later_joins_what_is_there():
    stored = VersionReport.from_json(MEASURED.as_json())
    joined = replace(stored, stability={"kappa": 0.9}).as_json()
    assert joined == {**MEASURED.as_json(), "stability": {"kappa": 0.9}}


def test_of_labels_also_what_could_not_be_measured_stands_there():
    stored = replace(MEASURED, confusion=None).as_json()
    assert (stored["confusion"], stored["human_ceiling"], stored["leaks"]) == (None, None, None)
    assert not {"stability", "gain", "eval_answers", "pairwise"} & stored.keys()


def test_of_judgments_there_is_their_audit_alone():
    stored = VersionReport(pairwise=PairAudit(n_fast=2)).as_json()
    assert stored.keys() == {"pairwise", "version"}
    assert stored["pairwise"]["n_fast"] == 2
    assert VersionReport.from_json(json.loads(json.dumps(stored))).pairwise == PairAudit(n_fast=2)
    assert VersionReport.from_json({"pairwise": {"forgotten": 1}}).pairwise == PairAudit()


def test_a_version_without_a_report_has_an_empty_one():
    assert VersionReport.from_json({}) == VersionReport()


def test_a_report_of_newer_code_is_refused_and_a_name_of_older_code_left_out():
    with pytest.raises(UnknownReport, match="version 3"):
        VersionReport.from_json({"version": REPORT_VERSION + 1})
    assert VersionReport.from_json({"forgotten": 1, "n_eval": 3}) == VersionReport(n_eval=3, version=1)


@pytest.mark.parametrize("name", OLD)
def test_a_report_written_by_f83abf0_loses_nothing(name):
    stored = json.loads(expected_of(name))["report"]
    again = VersionReport.from_json(stored).as_json()
    assert {key: again[key] for key in stored} == stored
    assert again.keys() - stored.keys() <= {"version", "n_tied"}


@pytest.mark.parametrize("name", OLD)
def test_a_report_of_before_says_that_its_intervals_are_by_an_older_method(name):
    old = VersionReport.from_json(json.loads(expected_of(name))["report"])
    assert "method of then" in old.intervals_note
    joined = replace(old, stability={"kappa": 0.9}).as_json()
    assert VersionReport.from_json(joined).intervals_note == old.intervals_note, "what joins it makes it no newer"
    assert not MEASURED.intervals_note
