"""Many open one link at the same moment: as many come in as it has uses, each once."""

import pytest

from labeling.models import Invitation, Member, User
from labeling.services.members.invitations import InvitationRefused, invite, join
from tests.concurrency.together import together
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def is_in(key: str, user: User) -> bool:
    try:
        join(key, user)
    except InvitationRefused:
        return False
    return True


def test_of_twelve_people_at_once_three_come_in(project, people):
    _, key = invite(people.manager, project, "annotator", max_uses=3)
    crowd = [UserFactory() for _ in range(12)]
    came = together([lambda user=user: is_in(key, user) for user in crowd])
    assert (sum(came), Invitation.objects.get().uses) == (3, 3)
    assert Member.objects.filter(project=project, user__in=crowd).count() == 3


def test_one_person_in_eight_windows_uses_it_once(project, people):
    _, key = invite(people.manager, project, "annotator", max_uses=8)
    came = together([lambda: is_in(key, people.stranger)] * 8)
    assert (sum(came), Invitation.objects.get().uses) == (1, 1)
