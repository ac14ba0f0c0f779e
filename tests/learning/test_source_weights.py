"""What labels weigh in training by where they come from."""

import numpy as np
import pytest

from labeling.models import Annotation, Source, Split
from labeling.services.projects.manage import create_project, update_project
from labeling.services.review.decide import decide as review
from labeling.services.validation.errors import Invalid
from learning.core.pairwise.combination import fit_ranking
from learning.families.labels.training_data import freeze
from learning.families.pairwise.freeze import freeze as freeze_pairs
from learning.models import Run
from learning.services.pipeline.repeat import repeat
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import data_watermark, decide
from tests.learning.pairwise.people import bring, item_rows, judged, make_pairwise_project
from tests.learning.people import answer_some, make_text_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(people):
    """24 answers of people, of which a reviewer changed 4; 16 imported labels, all of them spam; 10 eval answers, and
    an eval item with an imported label."""
    project = make_text_project(people.manager, n_pool=60, n_eval=20)
    for person in (people.reviewer, people.viewer):
        project.members.create(user=person, role=person.username)
    answer_some(project, people.annotator, 24)
    answer_some(project, people.annotator, 10, Split.EVAL)
    answered = project.items.filter(split=Split.POOL, answers=1).order_by("ordinal")
    for item in answered[:4]:
        review(people.reviewer, project, item.pk, "change", answer={"label": "spam"})
    bare = project.items.filter(answers=0).order_by("ordinal")
    for item in [*bare.filter(split=Split.POOL)[:16], bare.filter(split=Split.EVAL)[0]]:
        Annotation.objects.create(project=project, item=item, source=Source.IMPORT, answer={"label": "spam"})
    return project


def frozen(project):
    project.refresh_from_db()
    return freeze(Run(project=project, **data_watermark(project)))


def weigh(project, **weights):
    type(project).objects.filter(pk=project.pk).update(**{f"weight_{name}": each for name, each in weights.items()})
    return frozen(project)


def same(one, other):
    both = zip(vars(one).items(), vars(other).values(), strict=True)
    return all(np.array_equal(each, its, equal_nan=name == "agreement") for (name, each), its in both)


def test_weights_by_source_reach_the_pool_and_never_the_eval_split(project):
    plain = frozen(project)
    assert plain.sources.as_json() == {
        "learned": {"human": 20, "import": 16, "review": 4}, "measured": {"human": 10, "import": 1}, "left_out": {},
    }  # fmt: skip
    assert plain.item_weights is None
    half = weigh(project, **{"import": 0.5})
    assert half.sources == plain.sources
    assert half.sha256 != plain.sha256
    assert sorted(half.item_weights) == [0.5] * 16 + [1.0] * 24
    assert half.sources.in_words(half.weights) == "20 by people, 4 reviewed, 16 imported at weight .5"
    people_only = weigh(project, **{"import": 0, "review": 0})
    assert people_only.sources.learned == {"human": 24}
    assert people_only.sources.left_out == {"import": 16, "review": 4}
    assert people_only.item_weights is None
    for data in (half, people_only):
        assert same(data.evaluation, plain.evaluation)
    weigh(project, human=0, review=1)
    without_people = weigh(project, **{"import": 1})
    assert without_people.sources.learned == {"import": 16, "review": 4}
    pool = Annotation.objects.filter(project=project, item__split=Split.POOL)
    weigh(project, human=1, **{"import": 0})
    left_out = frozen(project).pool
    pool.filter(source=Source.IMPORT).delete()
    assert same(frozen(project).pool, left_out)
    assert same(weigh(project, **{"import": 1}).pool, left_out)


def test_a_run_says_what_it_learned_from_and_without_weight_is_that_without_the_rows(project, people, browser_of, api):
    def trained(**weights):
        update_project(people.manager, project, settings={f"weight_{name}": each for name, each in weights.items()})
        run = decide(project.pk)  # nobody asks: what labels weigh makes a run due
        assert run.state == "queued", run.reason
        run_training(run.pk)
        return Run.objects.select_related("model_version").get(pk=run.pk)

    plain, half, none = (trained(**{"import": weight}) for weight in (1, 0.5, 0))
    again = decide(project.pk, "manual")
    assert (again.state, again.reason) == ("skipped", "nothing is new since the last run")
    assert (half.trigger, half.reason) == ("settings", "what labels weigh by their source was changed")
    assert decide(project.pk) is None
    files = [run.model_version.sha256 for run in (plain, half, none)]
    assert len(set(files)) == 3, "each weight has another fit"
    assert (half.sources["learned"], half.source_weights) == ({"human": 20, "import": 16, "review": 4}, {"import": 0.5})
    assert sum(none.sources["learned"].values()) == none.model_version.trained_on == 24
    assert [repeat(run).is_same for run in (plain, half)] == [True, True]
    told = api(people.viewer).get(f"/api/v1/models/{half.model_version.pk}/").json()["sources"]
    assert told == {**half.sources, "weights": {"import": 0.5}}
    assert api(people.viewer).get(f"/api/v1/runs/{none.public_id}/").json()["sources"]["left_out"] == {"import": 16}
    words = "20 by people, 4 reviewed, 16 imported at weight .5"
    for page in (f"models/{half.model_version.number}/", f"runs/{half.public_id}/"):
        assert words in browser_of(people.viewer).get(f"/p/{project.slug}/{page}").content.decode()
    Annotation.objects.filter(source=Source.IMPORT, item__split=Split.POOL).delete()
    without = trained(**{"import": 1})
    assert without.seed != none.seed
    Run.objects.filter(pk=without.pk).update(seed=none.seed)
    made = repeat(Run.objects.get(pk=without.pk))
    assert made.sha256 == none.model_version.sha256, "bit for bit the model without the rows"


def test_judgments_of_pairs_weigh_by_their_source_too(people):
    project = make_pairwise_project(people.manager)
    bring(project, people.manager, item_rows(contexts=1, items=4))
    said = [("c0i3", "c0i0"), ("c0i3", "c0i1"), ("c0i2", "c0i0"), ("c0i2", "c0i1")]
    bring(project, people.manager, [judged(*two, "left", name) for two in said for name in ("ann", "bob")])
    Annotation.objects.filter(imported_annotator="bob").update(source="review", annotator=people.manager)

    def fitted(**weights):
        type(project).objects.filter(pk=project.pk).update(**{f"weight_{name}": each for name, each in weights.items()})
        project.refresh_from_db()
        data = freeze_pairs(Run(project=project, **data_watermark(project)))
        return data, fit_ranking(data.learned, context=data.items.context, given=data.learned_weights)

    (plain, _), (half, weighed), (out, _) = fitted(), fitted(review=0.5), fitted(review=0)
    assert (plain.sources.learned, plain.learned_weights) == ({"import": 4, "review": 4}, None)
    assert half.sources.learned == plain.sources.learned
    assert sorted(half.learned_weights) == [0.5] * 4 + [1.0] * 4
    assert (weighed.weights <= half.learned_weights).all()
    assert (out.sources.learned, out.sources.left_out, out.learned_weights) == ({"import": 4}, {"review": 4}, None)
    assert len({plain.sha256, half.sha256, out.sha256}) == 3


def test_weights_are_numbers_from_0_to_1_and_something_has_to_train(project, people, api):
    address = f"/api/v1/projects/{project.slug}/"
    for wrong, words in (
        ({"weight_import": 1.5}, "less than or equal to 1"),
        ({"weight_review": -0.1}, "greater than or equal to 0"),
        ({"weight_human": "much"}, "valid number"),
        ({"weight_gold": 1}, "weight_gold"),
        ({"weight_human": 0, "weight_review": 0, "weight_import": 0}, "Nothing is left to learn from"),
    ):
        response = api(people.manager).patch(address, {"settings": wrong})
        assert response.status_code == 400
        assert words in response.content.decode()
    update_project(people.manager, project, settings={"weight_human": 0.0, "weight_review": 0})
    with pytest.raises(Invalid, match="Nothing is left"):
        update_project(people.manager, project, settings={"weight_import": 0})
    with pytest.raises(Invalid, match="Nothing is left"):
        create_project(
            people.superuser, name="None", kind="pairwise", modality="text", purpose="x",
            settings={"weight_human": 0, "weight_import": 0},
        )  # fmt: skip
    project.refresh_from_db()
    assert project.source_weights == {"human": 0.0, "review": 0.0}
