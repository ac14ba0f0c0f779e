import orjson

from labeling.db.raw_rows import fetch
from labeling.kinds import kind_of
from labeling.models import Project
from labeling.selectors.label_scheme import names_at


def names_given(project: Project, scheme: int | None = None) -> set[str]:
    """Every name that an answer of the project ever gave, of labels that are gone too. One pass over the answers."""
    labels_of, answer_of = kind_of(project).labels_of, names_at(project, scheme).reading(orjson.loads)
    sql = "SELECT DISTINCT answer FROM labeling_annotation WHERE project_id = %s AND answer IS NOT NULL"
    return {name for (answer,) in fetch(sql, [project.pk]) for name in labels_of(answer_of(answer))}
