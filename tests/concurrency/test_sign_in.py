"""Guesses at the same moment are counted before any of them is looked at."""

import pytest

from labeling.models import AttemptLimit
from labeling.services.accounts.sign_in import TooManyAttempts, begin
from labeling.services.accounts.sign_in.attempts import PAIR
from tests.concurrency.together import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def allowed(name: str, address: str) -> bool:
    try:
        begin(name, address)
    except TooManyAttempts:
        return False
    return True


def test_of_forty_guesses_at_once_ten_are_looked_at(db):
    seen = together([lambda: allowed("root", "203.0.113.66")] * 40)
    assert sum(seen) == PAIR.burst
    assert AttemptLimit.objects.count() == 3
