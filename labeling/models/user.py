from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person with an account. What they may do in a project is said by their Member row."""
