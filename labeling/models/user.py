from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import transaction


class User(AbstractUser):
    """A person with an account. What they may do in a project is said by their Member row."""

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """With what is recorded of it (services/account_events): both or neither."""
        super().save(*args, **kwargs)

    #: Number of the only project that is there for this request: the person came with a token for it alone.
    confined_to: ClassVar[int | None] = None

    def reaches(self, project_id: int) -> bool:
        """Whether the request may know of the project at all; asked wherever a project is looked up for a person."""
        return self.confined_to in (None, project_id)
