"""Which tables of jobs have rows in a state: one statement, where one for each table costs a sweep all its time."""

from functools import cache

from labeling.db.driver import Statement
from labeling.models.job_record import JobRecord, JobState, job_models


@cache
def _statement(states: tuple[JobState, ...]) -> tuple[list[type[JobRecord]], Statement]:
    models = job_models()
    among = ", ".join("%s" for _ in states)
    parts = (
        f'SELECT {place} WHERE EXISTS (SELECT 1 FROM "{model._meta.db_table}" WHERE state IN ({among}))'
        for place, model in enumerate(models)
    )
    return models, Statement(" UNION ALL ".join(parts))


def jobs_in(*states: JobState) -> set[type[JobRecord]]:
    """Models of jobs of which there is a row in one of the states."""
    models, statement = _statement(states)
    return {models[place] for (place,) in statement.rows([state.value for _ in models for state in states])}
