"""The one table of what can be done in a project and the permission it takes. Pages, REST and services all read it."""

from enum import Enum

from labeling.models.permission import Permission


class Action(Enum):
    """``thing.verb`` and who may. What learning adds is here too: who may what is read in one place."""

    permission: Permission

    PROJECT_READ = "project.read", Permission.ENTER
    PROJECT_CHANGE = "project.change", Permission.MANAGE
    PROJECT_DELETE = "project.delete", Permission.MANAGE

    TASKS_ANSWER = "tasks.answer", Permission.LABEL
    TASKS_SEE_OWN_PICTURE = "tasks.see-own-picture", Permission.ENTER

    IMPORTS_READ = "imports.read", Permission.MANAGE
    IMPORTS_START = "imports.start", Permission.MANAGE

    ITEMS_READ = "items.read", Permission.VIEW
    ITEMS_SET_ASIDE = "items.set-aside", Permission.REVIEW
    ITEMS_ASK_AGAIN = "items.ask-again", Permission.REVIEW
    #: Many at once (decision 0106): what a reviewer decides about one, and everything else, which only managers do.
    ITEMS_BULK = "items.bulk", Permission.REVIEW
    ITEMS_BULK_ALL = "items.bulk-all", Permission.MANAGE
    #: Answers known to be true; never for who is only asked.
    GOLD_READ = "gold.read", Permission.REVIEW
    GOLD_CHANGE = "gold.change", Permission.REVIEW
    PRACTICE_CHANGE = "practice.change", Permission.MANAGE
    #: Also what others said of the item, by the rules of names.
    REVIEWS_READ = "reviews.read", Permission.REVIEW
    REVIEWS_DECIDE = "reviews.decide", Permission.REVIEW
    REVIEWS_CHANGE = "reviews.change", Permission.MANAGE
    #: Whoever does not review reads what was said to him, and says something where his answer was sent back.
    COMMENTS_READ = "comments.read", Permission.ENTER
    COMMENTS_WRITE = "comments.write", Permission.ENTER
    CONTEXTS_READ = "contexts.read", Permission.VIEW
    CONTEXTS_SET_ASIDE = "contexts.set-aside", Permission.REVIEW
    CONTEXTS_DELETE = "contexts.delete", Permission.MANAGE
    ANNOTATIONS_READ = "annotations.read", Permission.VIEW
    METRICS_READ = "metrics.read", Permission.VIEW

    EXPORT = "export", Permission.VIEW
    SNAPSHOTS_READ = "snapshots.read", Permission.VIEW
    SNAPSHOTS_START = "snapshots.start", Permission.REVIEW

    #: Everywhere else, who may not see names reads pseudonyms (``selectors/names.py``).
    NAMES_READ = "names.read", Permission.REVIEW
    MEMBERS_READ = "members.read", Permission.REVIEW
    MEMBERS_CHANGE = "members.change", Permission.MANAGE
    INVITATIONS_READ = "invitations.read", Permission.MANAGE
    INVITATIONS_CHANGE = "invitations.change", Permission.MANAGE
    PEOPLE_READ = "people.read", Permission.MANAGE
    MACHINES_READ = "machines.read", Permission.REVIEW
    MACHINES_CHANGE = "machines.change", Permission.MANAGE
    PREDICTIONS_READ = "predictions.read", Permission.REVIEW
    PREDICTIONS_CHANGE = "predictions.change", Permission.MANAGE
    #: One's own pace and consistency; also of who is in quarantine.
    OWN_WORK_READ = "own-work.read", Permission.ENTER
    QUARANTINES_READ = "quarantines.read", Permission.REVIEW
    QUARANTINES_CHANGE = "quarantines.change", Permission.MANAGE
    AUDIT_READ = "audit.read", Permission.MANAGE
    STORAGE_READ = "storage.read", Permission.MANAGE

    RUNS_READ = "runs.read", Permission.VIEW
    RUNS_CHANGE = "runs.change", Permission.MANAGE
    MODELS_READ = "models.read", Permission.VIEW
    #: Never for who labels and sees no model: what it says of the content would be known before the question.
    MODELS_PREDICT = "models.predict", Permission.VIEW
    #: As asking: who may ask may say what came of it.
    FEEDBACK_GIVE = "feedback.give", Permission.VIEW
    #: What it answered others, whoever asked.
    SERVED_READ = "served-predictions.read", Permission.MANAGE
    CALLERS_CHANGE = "prediction-callers.change", Permission.MANAGE
    MODELS_PROMOTE = "models.promote", Permission.MANAGE
    RELEASES_READ = "releases.read", Permission.VIEW
    RELEASES_CHANGE = "releases.change", Permission.MANAGE
    #: Whoever may see the items sees their map.
    MAP_CHANGE = "map.change", Permission.MANAGE
    QUEUE_READ = "queue.read", Permission.MANAGE
    RANKING_READ = "ranking.read", Permission.VIEW
    ALERTS_READ = "alerts.read", Permission.VIEW
    ALERTS_RESOLVE = "alerts.resolve", Permission.MANAGE

    def __new__(cls, name: str, permission: Permission) -> "Action":
        action = object.__new__(cls)
        action._value_ = name
        action.permission = permission
        return action
