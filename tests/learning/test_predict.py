"""Predictions for programs outside: the request, the predictor's own code, and what is kept. No process is started:
the predictor's application is called where the web process would have sent the bytes."""

import io
import runpy
import socket
import sys
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import orjson
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import F
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

import querent_client as q
from config.environment import BASE_DIR
from config.predictor.application import Application, files_of
from config.predictor.worker import _environ_of
from labeling.models import ApiToken, Item, Project, Split
from labeling.services.housekeeping import would_free
from labeling.services.imports.start import start_import
from learning.core import artifacts
from learning.core.encoders import make_encoder
from learning.core.encoders.token_sums import FittedTokenSums
from learning.core.encoders.tokens import fit_cells
from learning.core.learners import make_learner
from learning.models import (
    Alert,
    EncoderVersion,
    ModelVersion,
    PredictionCaller,
    PredictionFeedback,
    ServedPrediction,
    Status,
)
from learning.selectors import served_predictions
from learning.selectors.served_predictions import ServedView, look_at_served
from learning.services import files, retention
from learning.services.pipeline.family import Said
from learning.services.registry import golden, model_files
from learning.services.serving import asking, loading, rows, why
from learning.services.serving.answering import Caller, answer
from tests.clients.test_machine_examples import InProcess
from tests.factories import make_project
from tests.learning.people import answer_some, make_text_project
from tests.learning.predictor import served_in_process
from tests.learning.test_training import trained

pytestmark = pytest.mark.django_db
URL = "/api/v1/projects/texts/predict/"
SERVED = "/api/v1/projects/texts/predictions/served/"
#: As those that the model learned from, and two that are no rows.
SPAM, HAM = "win a free prize now word4 word7 word31 word90 12", "see you at lunch word8 word1 word55 word20 30"
ROWS = [{"text": SPAM}, {"text": " "}, 3, {"text": HAM, "label": "of an import"}]


def build(manager):
    project = make_text_project(manager, n_pool=60, n_eval=20, slug="texts")
    answer_some(project, manager, 40)
    answer_some(project, manager, 20, Split.EVAL)
    trained(project)


@pytest.fixture
def version(people, built_once, monkeypatch):
    built_once(lambda: build(people.manager))
    served_in_process(monkeypatch)
    monkeypatch.setattr(loading, "FRESH_S", -1.0)
    return ModelVersion.objects.select_related("project").get()


def test_each_row_is_answered_or_refused_by_its_number_as_the_model_says_and_kept(version, api, people):
    token, key = ApiToken.issue(people.manager, "crawler", scopes="predict")
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    response = client.post(URL, {"rows": ROWS}, format="json")
    assert response.status_code == 200, response.content
    spam, empty, number, ham = response.json()
    assert (empty["row"], empty["status"], empty["field"]) == (2, "refused", "text")
    assert (number["row"], number["status"]) == (3, "refused")
    assert [spam["label"], ham["label"]] == ["spam", "ham"]
    assert {each["model"] for each in (spam, ham)} == {version.number}
    model, encoder = model_files.load_model(version), make_encoder("auto", "text")
    encoder = encoder.load(files.load(model_files.encoder_of(version).path, model_files.encoder_of(version).sha256))
    alone = model.predict(encoder.transform([ROWS[0]["text"], ROWS[3]["text"]]))
    told = [[each["probabilities"][label] for label in version.labels] for each in (spam, ham)]
    assert np.abs(alone - told).max() <= 1e-6, "the same features and the same model as in training"
    assert spam["sure"] == max(spam["probabilities"].values())
    kept = ServedPrediction.objects.get(pk=int(spam["id"]))
    assert (kept.token, kept.asked_by, kept.answer, kept.model_version) == (
        token, people.manager, {"label": "spam"}, version,
    )  # fmt: skip
    assert ServedPrediction.objects.count() == 2, "a row that is none is no prediction"

    # of one spelling and one hash with what an import would have made of it
    start_import(people.manager, version.project, rows=[ROWS[0]])
    listed = api(people.manager).get(f"{SERVED}?content={kept.content_hash}&status={spam['status']}").json()["results"]
    assert [(each["id"], each["answer"], each["token"]) for each in listed] == [
        (spam["id"], {"label": "spam"}, token.prefix)
    ]
    assert [api(user).get(SERVED).status_code for user in (people.stranger, people.manager)] == [404, 200]
    assert api(people.manager).get(f"{SERVED}?band=purple").status_code == 400

    version.project.labels.filter(name="spam").update(name="junk", key="spam")
    (renamed,) = client.post(URL, {"rows": ROWS[:1]}, format="json").json()
    assert (renamed["label"], list(renamed["probabilities"])) == ("junk", ["ham", "junk"])
    (inside,) = client.post(URL, {"rows": [{"text": SPAM, "\0by name": "x"}]}, format="json").json()
    assert (inside["status"], inside["field"]) == ("refused", "by name")
    version.project.labels.filter(key="spam").delete()
    version.project.labels.filter(name="ham").update(name="spam", key="ham")
    (named_anew,) = client.post(URL, {"rows": ROWS[3:]}, format="json").json()
    assert (named_anew["label"], named_anew["probabilities"]) == ("spam", {"spam": ham["probabilities"]["ham"]})


@pytest.mark.parametrize("gives_up", [False, True])
def test_who_has_given_up_meanwhile_is_not_answered_and_nothing_is_counted_or_kept(version, people, gives_up):
    """A model takes seconds to load; a program that asks again has several questions in the queue by then."""
    Project.objects.filter(pk=version.project_id).update(predictions_a_day=5)
    body = orjson.dumps({"rows": ROWS[:1]})
    theirs, ours = socket.socketpair()
    ours.settimeout(60.0)
    with theirs, ours:
        theirs.sendall(
            f"POST /predict/{version.project_id}?user={people.manager.pk} HTTP/1.1\r\n"
            "Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{asking.KEY_HEADER}: {asking.predictor_key()}\r\n\r\n".encode()
            + body
        )
        environ = _environ_of(ours)
        if gives_up:
            theirs.close()
        told = []
        Application()(environ, lambda status, headers: told.append(status[:3]))
    assert told == (["503"] if gives_up else ["200"])
    assert ServedPrediction.objects.count() == (0 if gives_up else 1)
    assert PredictionCaller.objects.count() == (0 if gives_up else 1)


def test_the_example_asks_about_each_line_of_its_input(version, people, monkeypatch, capsys):
    _, key = ApiToken.issue(people.manager, "example", scopes="predict")
    monkeypatch.setattr(q.Client, "from_environment", lambda: q.Client("http://localhost", key, http=InProcess()))
    monkeypatch.setattr(sys, "argv", ["ask_the_model.py", "--slug", "texts"])
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{SPAM}\n\n{HAM}\n"))
    runpy.run_path(str(BASE_DIR / "examples" / "ask_the_model.py"), run_name="__main__")
    assert [line.split()[2] for line in capsys.readouterr().out.splitlines()] == ["spam", "ham"]


@pytest.mark.parametrize(
    ("query", "body", "status", "words"),
    [
        ("", {"rows": []}, 400, "From 1 to 1,000 rows"),
        ("", {"rows": [{}] * 1001}, 400, "From 1 to 1,000 rows"),
        ("", {"row": []}, 400, "Expected"),
        ("", {"rows": [{}], "x": 1}, 400, "no such field"),
        ("?version=7", {"rows": [{}]}, 409, "no model 7"),
        ("?version=x", {"rows": [{}]}, 400, "integer"),
    ],
)
def test_what_is_no_question_is_refused_with_its_reason(version, api, people, query, body, status, words):
    refused = api(people.manager).post(URL + query, body, format="json")
    assert (refused.status_code, words in refused.content.decode()) == (status, True), refused.content
    assert not ServedPrediction.objects.exists()


def test_a_damaged_file_or_another_answer_to_golden_rows_is_passed_over_for_the_version_before(
    version, api, people, monkeypatch
):
    """Recorded, and answered all the same; a version that is named is not replaced by another."""
    manager = api(people.manager)
    first = version.pk
    ModelVersion.objects.filter(pk=first).update(status=Status.RETIRED)
    damaged = default_storage.save("learning/x/models/damaged.zip", ContentFile(b"not what was stored"))
    _, arrays = artifacts.unpack("golden@1", files.load(version.golden_path, version.golden_sha256))
    arrays["outputs"] = arrays["outputs"] + np.float32(2e-6)
    name, digest = files.store("learning/x/golden", ".zip", artifacts.pack("golden@1", {}, arrays))
    for number, fields in (
        (2, {"golden_path": name, "golden_sha256": digest}),
        (3, {"path": damaged, "sha256": "0" * 64}),
    ):
        version.pk, version.run, version.number, version.status = None, None, number, Status.RETIRED
        for field, value in fields.items():
            setattr(version, field, value)
        version.save()
        version.decisions.create(project=version.project, before="candidate", after="champion", reason="a test")
        version = ModelVersion.objects.get(pk=first)
    ModelVersion.objects.filter(number=3).update(status=Status.CHAMPION)
    (said,) = manager.post(URL, {"rows": ROWS[:1]}, format="json").json()
    assert said["model"] == 1
    found = dict(Alert.objects.values_list("subject", "message"))
    assert "registered hash" in found["model 3"]
    assert "golden rows are answered otherwise" in found["model 2"]
    named = manager.post(f"{URL}?version=3", {"rows": ROWS[:1]}, format="json")
    assert (named.status_code, "registered hash" in named.json()["detail"]) == (409, True)
    with CaptureQueriesContext(
        connection,
    ) as again:
        manager.post(URL, {"rows": ROWS[:1]}, format="json")
    assert len(again) <= 22, "what was found damaged is not read again for a while"
    assert Alert.objects.get(subject="model 3").times == 1
    EncoderVersion.objects.all().delete()
    served_in_process(monkeypatch)
    named = manager.post(f"{URL}?version=1", {"rows": ROWS[:1]}, format="json")
    assert (named.status_code, "cannot be used" in named.json()["detail"]) == (409, True)


def test_golden_rows_prove_the_features_and_a_picture_that_is_lost_proves_nothing(version):
    encoder_version = model_files.encoder_of(version)
    encoder = make_encoder("auto", "text").load(files.load(encoder_version.path, encoder_version.sha256))
    model = model_files.load_model(version)
    ask = version, encoder_version, encoder, model.predict
    beats = []
    assert golden.check(*ask, golden.GoldenItems(), lambda: beats.append(1)) == 80
    assert len(beats) == 5, "who waits for a process that does not get on sees that it does"
    _, arrays = artifacts.unpack("golden@1", files.load(version.golden_path, version.golden_sha256))
    Item.objects.filter(project=version.project, ordinal=int(arrays["ordinals"][3])).update(text="something else")
    with pytest.raises(golden.NotGolden, match="1 of 80 golden rows have other features"):
        golden.check(*ask, golden.GoldenItems())
    Item.objects.filter(project=version.project).update(ordinal=F("ordinal") + 1_000)
    assert golden.check(*ask, golden.GoldenItems()) == 0, "of items that are gone the model is asked all the same"


KNOWN_AND_NOISE = [
    {"text": text}
    for text in (
        SPAM, HAM, "happy birthday word9 word1 word70 word33 8",
        "tyrannosaurus femur excavation", "0x7f 0x3a 0xee 0x91 0x00", "quarterly amortisation of goodwill",
    )
]  # fmt: skip


def test_an_outlier_has_no_label_unless_it_is_forced_and_old_predictions_are_forgotten(
    version, api, people, monkeypatch
):
    manager = api(people.manager)
    manager.post(URL, {"rows": ROWS}, format="json")
    said = manager.post(URL, {"rows": KNOWN_AND_NOISE}, format="json").json()
    assert [each["status"] for each in said] == [*["ok"] * 3, *["outlier"] * 3]
    odd = [KNOWN_AND_NOISE[-1], *ROWS[1:]]
    plain, forced = (manager.post(URL + query, {"rows": odd}, format="json").json() for query in ("", "?force=true"))
    assert [each["status"] for each in plain] == ["outlier", "refused", "refused", "ok"]
    assert ("label" in plain[0], "probabilities" in plain[0], "label" in forced[0]) == (False, False, True)
    assert [each["answer"] for each in manager.get(f"{SERVED}?status=outlier").json()["results"]] == [
        {"label": forced[0]["label"]}, {}, {}, {}, {},
    ]  # fmt: skip

    old = ServedPrediction.objects.order_by("pk").first()
    long_ago = timezone.now() - timedelta(days=31)
    ServedPrediction.objects.filter(pk=old.pk).update(id=int(long_ago.timestamp() * 1000) << 20)
    (planned,) = [freed.rows for freed in would_free(version.project_id) if freed.kind == "predictions"]
    (rule,) = [rule for rule in retention.RULES if rule.kind == "predictions"]
    assert (planned, rule.apply(version.project_id, lambda: None).rows, ServedPrediction.objects.count()) == (1, 1, 11)


def test_why_names_the_nearest_labeled_items_and_the_words_that_spoke_for_and_against(version, api, people):
    manager = api(people.manager)
    sent = {"rows": [*ROWS[:2], KNOWN_AND_NOISE[-1]]}
    spam, refused, odd = manager.post(f"{URL}?explain=1", sent, format="json").json()
    assert "why" not in refused
    (spoke,) = spam["why"]["evidence"]
    assert (spoke["label"], spoke["supports"][0]["words"] in SPAM.split()) == ("spam", True)
    found = {part["words"]: part for part in (*spoke["supports"], *spoke["opposes"])}
    assert {"win", "prize"} & {part["words"] for part in spoke["supports"]}
    assert all(SPAM[slice(*part["at"][0])] == words for words, part in found.items())
    asked_without = [{"text": SPAM.replace(words, "", 1)} for words in found]
    alone = manager.post(f"{URL}?force=1", {"rows": asked_without}, format="json").json()
    told = [part["without"] for part in found.values()]
    assert [one["probabilities"]["spam"] for one in alone] == pytest.approx(told, abs=1e-4)

    matrix = why.FeatureMatrix(model_files.encoder_of(version))
    labeled = Item.objects.filter(answers__gt=0, split=Split.POOL).order_by("ordinal")
    encoder = loading._encoder(model_files.encoder_of(version))[0]
    rows_of = matrix.take(np.array([item.ordinal for item in labeled]))
    rows_of = rows_of / np.linalg.norm(rows_of, axis=1, keepdims=True)
    row = encoder.transform([SPAM])[0]
    cosines = rows_of @ row / np.linalg.norm(row)
    near = spam["why"]["nearest"]
    assert [one["item"] for one in near] == [labeled[int(n)].pk for n in np.argsort(-cosines)[:3]]
    assert [one["similarity"] for one in near] == pytest.approx(np.sort(cosines)[::-1][:3].tolist(), abs=1e-3)
    assert [(one["label"], one["text"][:3]) for one in near] == [("spam", "win")] * 3
    assert (odd["status"], odd["why"]["evidence"], odd["why"]["note"]) == ("outlier", [], why.NO_LABEL)

    _, key = ApiToken.issue(people.manager, "asks", scopes="predict")
    outside = api()
    outside.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    (told,) = outside.post(f"{URL}?explain=1", {"rows": ROWS[:1]}, format="json").json()
    assert [list(one) for one in told["why"]["nearest"]] == [["item", "label", "similarity"]] * 3, (
        "it may not read items"
    )
    kept = ServedPrediction.objects.count()
    many = manager.post(f"{URL}?explain=1", {"rows": ROWS[:1] * 21}, format="json")
    assert (many.status_code, many.json()["explain"]) == (400, ["At most 20 rows are explained at once, not 21."])
    assert (ServedPrediction.objects.count(), "why" in manager.post(URL, sent, format="json").json()[0]) == (
        kept,
        False,
    )


def test_columns_speak_as_much_as_a_linear_model_counts_them(people, monkeypatch):
    """Of two labels the effect of a column is its coefficients times how far it is from the average."""
    project = make_project(modality="tabular", columns=["age", "city"], labels=("no", "yes"), manager=people.manager)
    rng = np.random.default_rng(1)
    table = [{"age": int(age), "city": "Rome" if age % 3 else "Oslo"} for age in rng.integers(10, 90, 60)]
    encoder = make_encoder("auto", "tabular").fit(table, rng)
    features = encoder.transform(table)
    aged = np.array([float(rng.random() < 1 / (1 + np.exp((50 - row["age"]) / 15))) for row in table])
    model = make_learner("logistic").fit(features, np.stack([1 - aged, aged], 1), kind="classification", rng=rng)
    answers = ({"label": "no"}, {"label": "yes"})

    def say(rows):
        given = model.predict(rows)
        return Said(given, [answers[n] for n in given.argmax(1)], ["{}"] * len(rows), given.max(1).astype(float))

    version = ModelVersion.objects.create(project=project, number=1, trained_on=60, labels=["no", "yes"])
    speaker, builder = SimpleNamespace(names=["no", "yes"], say=say), loading.RowBuilder(project)
    predictor = loading.Predictor(version, encoder, model, speaker, builder)
    monkeypatch.setattr(why, "_labeled", lambda predictor: (np.arange(60) + 10**9, features))
    body = orjson.dumps({"rows": [{"age": 70, "city": "Rome"}]})
    (said,) = found = answer(predictor, rows.read_json(builder, body), Caller(people.manager.pk))
    why.explain(predictor, rows.read_json(builder, body), found)
    assert said["label"] == "yes"
    (spoke,) = said["why"]["evidence"]
    told = {part["column"]: part for part in (*spoke["supports"], *spoke["opposes"])}
    row, weights = encoder.transform([{"age": 70, "city": "Rome"}])[0], model.slopes[:, 1] - model.slopes[:, 0]
    for name, place in encoder.blocks():
        exact = float((row - features.mean(axis=0))[place] @ weights[place])
        assert name in told or abs(exact) < 0.01
        assert told.get(name, {"effect": exact})["effect"] == pytest.approx(exact, abs=2e-3)
    assert (told["age"]["value"], told["age"]["effect"] > 1) == (70, True)
    assert said["why"]["note"] == why.NOT_LABELED, "items that are gone are not told"

    # of a student's encoder, which looks cells up and has no features of columns, a cell is left empty instead
    reads = fit_cells(table)
    terms = sorted({term for row in table for term in reads.tokens(row)})
    small = FittedTokenSums(reads, terms, np.array([[0.0, 3.0 * (term == "city=Rome")] for term in terms]))
    monkeypatch.setattr(why, "_labeled", lambda predictor: (np.arange(60) + 10**9, small.transform(table)))

    def looked_up(rows):
        given = np.stack([1 / (1 + np.exp(rows[:, 1])), 1 / (1 + np.exp(-rows[:, 1]))], 1)
        return Said(given, [answers[n] for n in given.argmax(1)], ["{}"] * len(rows), given.max(1).astype(float))

    predictor = replace(predictor, encoder=small, speaker=SimpleNamespace(names=["no", "yes"], say=looked_up))
    (said,) = found = answer(predictor, rows.read_json(builder, body), Caller(people.manager.pk))
    why.explain(predictor, rows.read_json(builder, body), found)
    (spoke,) = said["why"]["evidence"]
    assert [(part["column"], part["value"]) for part in spoke["supports"]] == [("city", "Rome")], spoke


def test_the_page_of_predictions_finds_them_by_filters_a_bounded_part_at_a_time(people, browser_of, monkeypatch):
    project, now = make_text_project(people.manager, n_pool=2, n_eval=0, slug="texts"), timezone.now()
    version = ModelVersion.objects.create(project=project, number=1, trained_on=1, status=Status.CHAMPION)
    item = project.items.first()
    token, _ = ApiToken.issue(people.manager, "crawler", scopes="predict")
    first = int(now.timestamp() * 1000) << 20
    every = [
        ("ok", "spam", "high", 0.97, token), ("unsure", "ham", "low", 0.55, None), ("outlier", "", "high", 0.9, None),
        ("ok", "ham", "high", 0.9, token), ("ok", "spam", "medium", 0.7, None),
    ]  # fmt: skip
    ServedPrediction.objects.bulk_create(
        ServedPrediction(
            id=first + n, project=project, model_version=version, token=by, asked_by=people.manager, sure=sure,
            band=band, content_hash=item.content_hash if n == 1 else str(n) * 64, status=status,
            created_at=now, answer={"label": label} if label else {},
        )
        for n, (status, label, band, sure, by) in enumerate(every)
    )  # fmt: skip
    PredictionCaller.objects.create(project=project, caller=f"token:{token.pk}", token=token)
    said = {"project": project, "prediction": first + 1, "content_hash": item.content_hash, "caller": "x"}
    PredictionFeedback.objects.create(**said, form="label", answer={"label": "spam"})
    manager, page = browser_of(people.manager), "/p/texts/predictions/"

    def found(query):
        look = look_at_served(project, ServedView.from_address(QueryDict(query)))
        return [row.pk - first for row in look.rows], look.counts, look.older

    assert found("") == ([4, 3, 2, 1, 0], {"ok": 3, "unsure": 1, "outlier": 1}, "")
    for query, expected in (
        ("status=unsure", [1]), ("band=medium", [4]), ("label=spam", [4, 0]), ("label=purple", []), ("model=7", []),
        ("model=1&label=ham", [3, 1]), (f"caller=token:{token.pk}", [3, 0]),
        (f"caller=user:{people.manager.pk}", [4, 2, 1]),
        ("sure_from=60&sure_to=95", [4, 3, 2]), (f"since={now:%Y-%m-%d}", [4, 3, 2, 1, 0]), ("until=2020-01-01", []),
        (f"content={item.content_hash}", [1]), ("status=purple&sure_to=many&before=x&since=soon", [4, 3, 2, 1, 0]),
    ):  # fmt: skip
        assert found(query)[0] == expected, query
    most = "9" * 19
    for query, n in (
        ("until=9999-12-31", 5), ("since=9999-12-30", 0), ("since=0001-01-01", 5), ("until=0001-01-01", 0),
        (f"before={most}", 5), (f"caller=user:{most}", 5), (f"caller=token:{most}", 5), ("sure_from=nan", 5),
    ):  # fmt: skip
        assert len(found(query)[0]) == n, f"{query}: as far as an address can go"
    shown = manager.get(f"{page}?status=unsure").content.decode()
    assert all(words in shown for words in (f"/items/{item.pk}/", "it is spam", "Unsure", "55.0 %"))
    project.labels.filter(name="spam").update(name="junk", key="spam")
    assert (found("label=junk")[0], found("label=spam")[0]) == ([4, 0], []), "by the names of now"

    monkeypatch.setattr(served_predictions, "LOOKED_AT", 3)
    monkeypatch.setattr(served_predictions, "ROWS_PER_PAGE", 2)
    assert found("") == ([4, 3], {"ok": 2, "outlier": 1}, str(first + 3))
    assert found(f"before={first + 3}")[0] == [2, 1]
    assert found("status=unsure") == ([], {"ok": 2, "outlier": 1}, str(first + 2)), "none among those looked at"
    assert found(f"status=unsure&before={first + 2}") == ([1], {"unsure": 1, "ok": 1}, "")
    assert f"?status=unsure&amp;before={first + 2}" in manager.get(f"{page}?status=unsure").content.decode()
    refused = (people.annotator, people.viewer, people.reviewer, people.stranger)
    for user in (people.annotator, people.viewer, people.reviewer):
        project.members.create(user=user, role=user.username)
    assert [browser_of(user).get(page).status_code for user in refused] == [403, 403, 403, 404]
    tries = [browser_of(user).get("/p/texts/predict/") for user in refused]
    assert [one.status_code for one in tries] == [403, 200, 200, 404]
    assert 'data-predict="/api/v1/projects/texts/predict/"' in tries[1].content.decode()
    assert 'href="/p/texts/predictions/files/"' in manager.get("/p/texts/models/").content.decode()
    assert "What was answered" in manager.get("/p/texts/fragments/production/").content.decode()
    ModelVersion.objects.update(status=Status.RETIRED)
    assert "No model is in use yet" in manager.get("/p/texts/predict/").content.decode()


def test_pictures_are_rows_of_a_form_and_pairs_are_told_what_is_missing(api, people, browser_of, monkeypatch):
    """A file that is no picture is refused by its number; the others are seen as items are."""
    project = make_project(slug="pictures", modality="image", manager=people.manager)
    version = ModelVersion.objects.create(project=project, number=1, trained_on=1, labels=["ham", "spam"])
    content = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(content, "PNG")
    speaker = SimpleNamespace(
        names=["ham", "spam"],
        say=lambda x: Said(x[:, :2] * 0 + np.float32(0.5), [{"label": "ham"}] * len(x), ['{"label": "ham"}'] * len(x),
                           np.full(len(x), 0.5)),
    )  # fmt: skip
    builder = loading.RowBuilder(project)
    predictor = loading.Predictor(version, make_encoder("hog-hsv", "image"), None, speaker, builder)
    sent = [SimpleUploadedFile("a.png", content.getvalue()), SimpleUploadedFile("b.png", b"no picture"),
            SimpleUploadedFile("c.png", b"")]  # fmt: skip
    found = answer(predictor, rows.read_pictures(builder, sent), Caller(people.manager.pk))
    assert [each["status"] for each in found] == ["unsure", "refused", "refused"]
    assert (found[0]["band"], found[1]["field"]) == ("low", "image")
    monkeypatch.setattr(rows, "PICTURES_BYTES", 7_000)
    three = rows.read_pictures(builder, [io.BytesIO(content.getvalue()) for _ in range(3)])
    assert [numbers for numbers, _ in rows.blocks(three, "image")] == [[0, 1], [2]], "large ones are few in memory"

    served_in_process(monkeypatch)
    url = "/api/v1/projects/pictures/predict/"
    signed_in = APIClient(enforce_csrf_checks=True)  # by a session, whatever else the request says it is by
    signed_in.force_login(people.manager)
    signed_in.cookies["csrftoken"] = "c" * 32
    for headers in ({}, {"HTTP_AUTHORIZATION": "Basic eDp5"}):
        for file in sent:
            file.seek(0)
        asked = signed_in.post(url, {"pictures": sent}, format="multipart", HTTP_X_CSRFTOKEN="c" * 32, **headers)
        assert (asked.status_code, "no model in use yet" in asked.json()["detail"]) == (409, True), asked.content
    pairs = make_project(slug="pairs", kind="pairwise", manager=people.manager, labels=())
    ModelVersion.objects.create(project=pairs, number=1, trained_on=1, learner="bradley-terry", status=Status.CHAMPION)
    told = api(people.manager).post("/api/v1/projects/pairs/predict/", {"rows": [{}]}, format="json")
    assert (told.status_code, "pairwise" in told.json()["detail"]) == (409, True)
    for page in ("predict/", "predictions/files/"):
        shown = browser_of(people.manager).get(f"/p/pairs/{page}").content.decode()
        assert "To the ranking" in shown, page
        assert 'data-place="Models" aria-current="page"' in shown, page
        assert 'type="file"' not in shown, "no form that refuses whatever is sent"


def test_a_feature_of_a_table_that_is_called_like_a_known_answer_is_asked_by(people):
    row = {"gold": 3, "annotator": "x", "a": 1}
    for columns, asked in ((["gold", "a"], row), (["a"], {"annotator": "x", "a": 1})):
        builder = loading.RowBuilder(make_project(modality="tabular", columns=columns, manager=people.manager))
        body = orjson.dumps({"rows": [{**row, "label": "no label"}]})
        assert rows.read_json(builder, body).contents == [asked]


def test_files_of_a_form_are_rows_in_the_order_they_came_whatever_they_are_called():
    head = '--x\r\nContent-Disposition: form-data; name="{}"; filename="{}"\r\n\r\n{}\r\n'
    body = ("".join(head.format(name, n, n) for n, name in enumerate("aba")) + "--x--\r\n").encode()
    environ = {
        "REQUEST_METHOD": "POST", "CONTENT_TYPE": "multipart/form-data; boundary=x", "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }  # fmt: skip
    assert [file.read() for file in files_of(environ)] == [b"0", b"1", b"2"]


def test_a_busy_or_absent_predictor_is_a_503_that_says_when(version, api, people, monkeypatch, settings, tmp_path):
    manager = api(people.manager)
    monkeypatch.undo()
    settings.PREDICTOR_ADDRESS = f"unix:{tmp_path}/nobody"
    absent = manager.post(URL, {"rows": ROWS}, format="json")
    for _ in range(settings.PREDICT_IN_FLIGHT):
        assert asking._slots.acquire(blocking=False)
    try:
        busy = manager.post(URL, {"rows": ROWS}, format="json")
    finally:
        asking._slots.release(settings.PREDICT_IN_FLIGHT)
    assert [(each.status_code, each["Retry-After"], each.json()["code"]) for each in (absent, busy)] == [
        (503, "2", "busy"), (503, "1", "busy"),
    ]  # fmt: skip
    assert orjson.loads(absent.content)["detail"].startswith("The predictor is not there")
