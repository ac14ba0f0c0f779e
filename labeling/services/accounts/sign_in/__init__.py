"""Wherever a password is typed: how often it may be tried (decision 0036).

``begin`` pays for an attempt before the password is looked at, so that parallel guesses cannot all slip through;
``finish`` gives it back when the password was right, and remembers the address. Sign-in page and token endpoint come
here through django-axes (``axes_handler``), the form that changes a password by itself.
"""

from labeling.services.accounts.sign_in.attempts import (
    SignInAttempt,
    TooManyAttempts,
    begin,
    finish,
    forget,
    slow_down,
    wait_s,
)

__all__ = ["SignInAttempt", "TooManyAttempts", "begin", "finish", "forget", "slow_down", "wait_s"]
