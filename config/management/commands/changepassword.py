"""``changepassword``: Django's own, and the API tokens made under the old password go with it."""

import getpass
from typing import Any

from django.contrib.auth.management.commands.changepassword import Command as ChangePassword
from django.core.management.base import CommandParser

from labeling.models import User
from labeling.services.accounts.tokens import after_new_password


class Command(ChangePassword):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--keep-tokens", action="store_true", help="Leave the person's API tokens as they are.")

    def handle(self, *args: Any, **options: Any) -> str:
        done = super().handle(*args, **options)
        user = User.objects.get(username=options["username"] or getpass.getuser())
        revoked = after_new_password(user, by=None, keep_tokens=options["keep_tokens"])
        return f"{done}; {revoked} API tokens revoked"
