"""How far the queue leans towards random, in a sentence."""

from labeling.models import Project


def leaning_words(project: Project) -> str:
    """Empty where the share of random questions is the one that was set, or all of them."""
    if project.leaning <= project.random_share or project.fell_back:
        return ""
    return (
        f"People err here: {project.leaning:.0%} of the questions are drawn at random instead of"
        f" {project.random_share:.0%}, for a queue learns little from wrong answers to the questions it chose."
    )
