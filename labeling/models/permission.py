"""What a role allows. Annotators are blind: they label, and see no answers of others, no model and no queue."""

from django.db import models


class Permission(models.TextChoices):
    ENTER = "enter", "see that the project exists, its instructions and one's own work"
    LABEL = "label", "be asked and answer"
    VIEW = "view", "see items, annotations, exports, runs and models"
    REVIEW = "review", "restore set-aside items, see who answered what"
    MANAGE = "manage", "change the project, import, members, train, promote"


class Role(models.TextChoices):
    VIEWER = "viewer"
    ANNOTATOR = "annotator"
    REVIEWER = "reviewer"
    MANAGER = "manager"


ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.ENTER, Permission.VIEW}),
    Role.ANNOTATOR: frozenset({Permission.ENTER, Permission.LABEL}),
    Role.REVIEWER: frozenset({Permission.ENTER, Permission.LABEL, Permission.VIEW, Permission.REVIEW}),
    Role.MANAGER: frozenset(Permission),
}


def roles_that(permission: Permission) -> list[Role]:
    """The roles that have a permission."""
    return [role for role, allowed in ALLOWED.items() if permission in allowed]
