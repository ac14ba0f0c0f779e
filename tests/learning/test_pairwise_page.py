"""The ranking page of a pairwise project: who may, what it says before there is anything, and what it shows."""

import pytest

from labeling.models import Context, Item, Member, Project, Role, Split
from learning.families.pairwise.shapes import (
    ContextResults,
    ContextSummary,
    Disputed,
    ItemStrength,
    Overview,
    PairAdvice,
    PersonRate,
    RankingPoint,
    RankWithout,
    Rate,
    SuspectFacts,
)
from learning.pages import pairwise
from learning.pages.pair_charts import arms_chart, score_strip
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.factories import make_items, make_project
from tests.learning.pairwise.people import bring, honest, item_rows, judgments, left_only, make_pairwise_project

pytestmark = pytest.mark.django_db
PAGE = "/p/args/ranking/"


@pytest.fixture
def arguments(people) -> Project:
    project = make_project(slug="args", name="Arguments", kind="pairwise", purpose="What convinces?", labels=())
    for role in Role:
        Member.objects.create(project=project, user=getattr(people, role.value), role=role)
    return project


@pytest.fixture
def context(arguments) -> Context:
    return Context.objects.create(
        project=arguments, ordinal=0, text="Uniforms at school?", facts=[["stance", "good"]], split="pool",
        content_hash="a" * 64,
    )  # fmt: skip


def said(client, address: str = PAGE, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


@pytest.mark.parametrize(
    ("who", "status"),
    [("annotator", 403), ("reviewer", 200), ("manager", 200), ("viewer", 200), ("stranger", 404), ("superuser", 200)],
)
def test_blind_people_do_not_see_it(arguments, people, browser_of, who, status):
    assert browser_of(getattr(people, who)).get(PAGE).status_code == status


def test_other_kinds_have_neither_page_nor_tab(project, people, browser_of, arguments):
    browser = browser_of(people.manager)
    assert browser.get("/p/sms/ranking/").status_code == 404
    assert "/p/sms/ranking/" not in said(browser, "/p/sms/")
    assert PAGE in said(browser, PAGE)


def test_before_there_is_anything_it_says_what_to_do(arguments, people, browser_of):
    browser = browser_of(people.manager)
    page = said(browser)
    assert "nothing to compare yet" in page
    assert "/p/args/imports/" in page
    Context.objects.create(project=arguments, ordinal=0, text="q", split="pool", content_hash="b" * 64)
    page = said(browser)
    assert "Nobody has judged a pair yet" in page
    assert "/p/args/annotate/" in page
    assert "/p/args/annotate/" not in said(browser_of(people.viewer))
    arguments.progress.annotations = 12
    arguments.progress.save()
    page = said(browser)
    assert "12 judgments so far" in page
    assert "Run now" in page


@pytest.mark.parametrize("asked", ["999999", "x", "9" * 30])
def test_a_context_that_is_not_there_is_404(context, people, browser_of, asked):
    said(browser_of(people.manager), f"{PAGE}?context={asked}", 404)


def rate(value: float, n: int = 100) -> Rate:
    return Rate(value, value - 0.1, value + 0.1, n)


def found(monkeypatch, context: Context, items: list[Item], *, connected: bool = True) -> None:
    """A run's results, as the page gets them."""
    for item in items[:1]:
        Item.objects.filter(pk=item.pk).update(split=Split.EVAL)
    scores = [
        ItemStrength(item, 2.0 - n, 0.3, 1.4 - n, 2.6 - n, n + 1 if connected else None, 9, n % 2, is_eval=n == 4)
        for n, item in enumerate(items)
    ]
    results = ContextResults(
        context, 3, connected, "" if connected else "Ask about text 1 and text 2 to connect them.", 40, scores,
        [PairAdvice(items[0], items[1], 0.2, connects=not connected)], [items[:3]], 7,
        [Disputed(items[0], items[1], {"first": 3, "second": 2, "tie": 1})],
    )  # fmt: skip
    overview = Overview(
        3, "champion", 40, [ContextSummary(context, 5, 40, connected)], rate(0.5), left_flagged=False,
        left_rates=[PersonRate("ann", rate(0.48)), PersonRate("bob & co", rate(0.95), flagged=True)],
        flip_rate=rate(0.12), agreement=rate(0.78), ceiling=rate(0.81), accuracy={"items": rate(0.72)},
        baselines={"length": rate(0.6)}, suspects=[SuspectFacts("bob & co", "chose left in 57 of 60", 6.0)],
        curve=[RankingPoint(arm, "items", n, rate(0.6)) for arm in ("active", "random") for n in (20, 40)],
        reliability=[("ann", 0.8, 30)], n_fast=4,
    )  # fmt: skip
    without = [RankWithout(items[1], 1, 1.0, 2, 1.0), RankWithout(items[0], 2, 0.4, 1, 2.0)]
    monkeypatch.setattr(pairwise, "results_of", lambda project, context, at_most: results)
    monkeypatch.setattr(pairwise, "overview_of", lambda project: overview)
    monkeypatch.setattr(pairwise, "ranking_without", lambda project, context, name: without)


@pytest.fixture
def items(arguments, context) -> list[Item]:
    return [make_items(arguments, [f"<b>text</b> {n}"], in_context=context, place=n)[0] for n in range(5)]


def test_it_shows_the_ranking_and_what_to_doubt(monkeypatch, context, items, people, browser_of):
    found(monkeypatch, context, items)
    page = said(browser_of(people.reviewer))
    for words in (
        "Uniforms at school?", "What convinces?", "2.00", "± 0.30", "held out", "7 in this context", "Most disputed",
        "0.780", "0.810", "Model, unseen items", "Baseline: the longer text", "leans to one side", "bob &amp; co",
        "chose left in 57 of 60", "4 answers flagged as fast", "Randomly drawn ones only",
    ):  # fmt: skip
        assert words in page, words
    assert "<b>text" not in page
    assert "without=bob%20%26%20co" in page


def test_the_ranking_without_a_suspect_is_one_click_away(monkeypatch, context, items, people, browser_of):
    found(monkeypatch, context, items)
    browser = browser_of(people.reviewer)
    page = said(browser, f"{PAGE}?without=bob%20%26%20co")
    assert "Without bob &amp; co" in page
    assert "▲ 1" in page
    assert "▼ 1" in page
    said(browser, f"{PAGE}?without=ann", 404)


def test_parts_that_were_never_compared_have_no_ranks(monkeypatch, context, items, people, browser_of):
    found(monkeypatch, context, items, connected=False)
    page = said(browser_of(people.reviewer))
    assert "Ask about text 1 and text 2 to connect them." in page
    assert "connects two parts" in page
    assert "cannot be compared" in page
    assert page.count("rank--part") == 2  # the second part, and the held-out item
    places = [page.index(f"/items/{item.pk}/") for item in (items[0], items[2], items[1], items[3])]
    assert places == sorted(places)


def test_a_real_run_becomes_a_page(people, browser_of):
    """Judgments in, page out: the parts are joined."""
    project = make_pairwise_project(people.manager, "real")
    bring(project, people.manager, item_rows(items=7))
    bring(project, people.manager, judgments(0, 160, {"ann": honest, "bob": honest, "leftie": left_only}, items=7))
    browser = browser_of(people.manager)
    assert "160 judgments so far" in said(browser, "/p/real/ranking/")
    run_training(decide(project.pk).pk)
    asked = Context.objects.get(project=project, external_id="c0").pk
    page = said(browser, f"/p/real/ranking/?context={asked}")
    assert "160 judgments in 2 contexts" in page
    order = [page.index(f"argument number 0 {number} ") for number in (6, 0)]
    assert order == sorted(order)
    assert "± 0." in page
    assert "Proposed for quarantine" in page
    assert "Without leftie" in said(browser, f"/p/real/ranking/?context={asked}&without=leftie")
    assert said(browser, "/p/real/models/1/")
    assert said(browser, "/p/real/")
    put_in = {"annotator": "leftie", "reason": "Always left."}
    assert 'name="annotator" value="leftie"' in page
    assert 'name="annotator" value="leftie"' not in said(browser_of(people.superuser), "/p/real/members/")
    browser.post("/p/real/members/quarantine/", put_in)
    page = said(browser, f"/p/real/ranking/?context={asked}")
    assert 'name="annotator" value="leftie"' not in page
    assert "In quarantine: <strong>leftie</strong> (" in page
    run_training(decide(project.pk).pk)
    assert "Proposed for quarantine" not in said(browser, f"/p/real/ranking/?context={asked}")


def test_a_score_strip_holds_its_intervals_and_is_not_led_by_an_endless_one():
    item = Item()
    strip = score_strip(
        [ItemStrength(item, 1.0, 0.5, 0.0, 2.0, 1, 3, 0), ItemStrength(item, -2.5, 99.0, -200.0, 195.0, 2, 1, 0)]
    )
    assert (strip.low, strip.high) == (-12, 12)
    assert strip.middle == 50
    mark = strip.mark(-2.5, -200.0, 195.0)
    assert 0 < mark.low < mark.at < 50 < mark.high < 100
    assert score_strip([]).high == 0.5


def test_arms_are_drawn_apart_from_the_lowest_interval_up():
    assert arms_chart([], None) is None
    points = [RankingPoint(arm, "items", n, rate(0.6)) for arm in ("random", "active") for n in (30, 10, 20)]
    chart = arms_chart(points, rate(0.8))
    assert [series.arm for series in chart.series] == ["active", "random"]
    xs = [point[0] for point in chart.series[0].points]
    assert xs == sorted(xs)
    assert chart.top <= chart.ceiling < chart.series[0].points[0][1] < chart.bottom
