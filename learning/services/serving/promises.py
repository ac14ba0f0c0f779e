"""Which version may answer programs: in production mode one that keeps what the project promises (decision 0130)."""

from labeling.models import Project
from learning.models import ModelVersion, Status
from learning.selectors.production_mode import facts_of, is_released, standing_of

#: A worker has been told to measure; asking again is worth it after this.
MEASURED_AFTER_S = 5


class NothingToServe(Exception):
    """The project is there, and no version of it can answer; the text says why and what to do. ``code`` is for
    programs; with ``retry_after_s`` asking again is worth it by then."""

    def __init__(self, words: str, code: str = "nothing_to_serve", retry_after_s: int = 0) -> None:
        super().__init__(words)
        self.code, self.retry_after_s = code, retry_after_s


def refuse_unpromised(version: ModelVersion, project: Project) -> None:
    """Raises NothingToServe where a program may not be answered by this version: it costs more than is acceptable, or
    nothing says what it costs."""
    if not project.is_in_production:
        return
    found = standing_of(version, project, facts_of(project))
    if found.is_pending:
        raise NothingToServe(f"{found.words} Try again then.", "not_measured_yet", MEASURED_AFTER_S)
    if not found.is_met:
        raise NothingToServe(f"In production mode no program is answered by it: {found.words}", "below_minimum")


def refuse_chosen(version: ModelVersion, project: Project) -> None:
    """The same where a program asks for a version by its number: it has to be in use, or released, as well."""
    if not project.is_in_production:
        return
    answers_for = version.teacher if version.stands_in and version.teacher is not None else version
    if answers_for.status != Status.CHAMPION and not is_released(version):
        words = f"{version} is neither in use nor released: in production mode no program is answered by it."
        raise NothingToServe(words.capitalize(), "below_minimum")
    refuse_unpromised(version, project)


def may_answer(version: ModelVersion, project: Project) -> bool:
    """Whether programs may be answered by a version that is in use or released."""
    try:
        refuse_unpromised(version, project)
    except NothingToServe:
        return False
    return True
