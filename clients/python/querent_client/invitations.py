"""Links by which people come in."""

from collections.abc import Iterator
from typing import cast

from querent_client.models import InvitationMade, InvitationOut, RoleEnum
from querent_client.transport import Transport


class ProjectInvitations:
    """Making one is not sent again when its answer is lost: there would be two links, and one that nobody has."""

    def __init__(self, transport: Transport, slug: str) -> None:
        self._transport, self._slug = transport, slug

    def list(self) -> Iterator[InvitationOut]:
        """Newest first, with how often each was used."""
        return self._transport.pages("invitations_list", slug=self._slug)

    def make(
        self, role: RoleEnum = "annotator", *, expires_in_days: int | None = None, max_uses: int | None = None,
        note: str = "",
    ) -> InvitationMade:  # fmt: skip
        """``link`` is to be sent to the person: it is in this answer and nowhere again."""
        limits = {"expires_in_days": expires_in_days, "max_uses": max_uses}
        body = {"role": role, "note": note, **{name: value for name, value in limits.items() if value is not None}}
        return cast(InvitationMade, self._transport.json("invitations_make", slug=self._slug, body=body))

    def revoke(self, invitation: InvitationOut | int) -> InvitationOut:
        """Nobody comes in by it any more; who came stays."""
        key = invitation if isinstance(invitation, int) else invitation["id"]
        return cast(InvitationOut, self._transport.json("invitations_revoke", id=key))
