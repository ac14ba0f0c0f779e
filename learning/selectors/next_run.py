"""What happens next, in words: how many answers are missing until the machine looks again."""

from dataclasses import dataclass

from labeling.models import Progress, Project
from learning.models import ModelVersion, NextDecision, Run


@dataclass(frozen=True)
class NextRun:
    has_items: bool
    has_model: bool
    unfinished: bool
    new_answers: int
    needed: int

    @property
    def words(self) -> str:
        """One sentence for an empty state or a caption."""
        if not self.has_items:
            return "Import items: they are ranked before the first answer."
        if self.unfinished:
            return "A run is at work."
        left = max(self.needed - self.new_answers, 0)
        if not left:
            return "Enough answers for the next run: a worker takes it in a moment."
        answers = f"{left:,} answer{'s' if left != 1 else ''}"
        if self.has_model:
            return f"{answers} until the next run."
        return f"{answers} until the first model: {self.new_answers:,} so far."


def next_run(project: Project) -> NextRun:
    progress = Progress.objects.filter(project=project).first() or Progress(project=project)
    seen = NextDecision.objects.filter(project=project).values_list("seen_annotations", flat=True).first() or 0
    has_model = ModelVersion.objects.filter(project=project).exists()
    return NextRun(
        has_items=progress.next_ordinal > 0,
        has_model=has_model,
        unfinished=Run.objects.filter(project=project).unfinished().exists(),
        # answers of the eval split alone make no model: until there is one, all answers count from the start
        new_answers=max(progress.annotations + progress.changes - seen, 0),
        needed=project.retrain_every,
    )
