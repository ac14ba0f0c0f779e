"""People by a table of ``username,email,role``: looked at, then added or invited; the members as such a table."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models.functions import Lower

from labeling.models import Invitation, Member, Project, Role, User
from labeling.services.exports.delimited import neutral
from labeling.services.members.invitations import DEFAULT_DAYS, invite, path_to_join, revoke_invitation
from labeling.services.projects.manage import set_member
from labeling.services.validation.errors import Invalid

COLUMNS = ("username", "email", "role")
MAX_ROWS = 500
MAX_BYTES = 200_000
MEMBERS_COLUMNS = (*COLUMNS, "answers", "since", "paused", "goal_day", "goal_total", "quota_day", "quota_total")
#: What becomes of a row.
WHAT = ("add", "invite", "member", "refused")


@dataclass(frozen=True)
class RosterRow:
    """``row`` is its number, the first below the heading 1. *add*: an account that there is becomes a member; *invite*:
    there is none, a link makes it; *member*: in already, nothing changes; *refused*, for ``reason``."""

    row: int
    username: str
    email: str
    role: str
    what: str
    reason: str = ""
    path: str = ""  # of the link, once it was made


def read_roster(text: str) -> list[dict[str, str]]:
    """The rows of the file by column. Raises Invalid (file) when it is no such file."""
    if len(text.encode()) > MAX_BYTES:
        raise Invalid("file", f"At most {MAX_BYTES // 1000} kB.")
    text = text.removeprefix("\ufeff")
    heading = text.split("\n", 1)[0]
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=";" if heading.count(";") > heading.count(",") else ","))
    except csv.Error as error:
        raise Invalid("file", f"Not a csv file: {error}.") from error
    names = [name.strip().casefold() for name in lines[0]] if lines else []
    if "username" not in names or set(names) - set(COLUMNS) or len(set(names)) < len(names):
        raise Invalid("file", "The first line names the columns: username, and if you like email and role.")
    rows = [dict(zip(names, line, strict=False)) for line in lines[1:] if any(cell.strip() for cell in line)]
    if not rows or len(rows) > MAX_ROWS:
        raise Invalid("file", f"From 1 to {MAX_ROWS} people.")
    return rows


def plan_roster(project: Project, rows: Sequence[Mapping[str, Any]]) -> list[RosterRow]:
    """What would become of each row; nothing is changed."""
    given = [{name: str(row.get(name) or "").strip() for name in COLUMNS} for row in rows]
    names = {row["username"] for row in given if "\0" not in row["username"]}
    accounts = {user.username: user for user in User.objects.filter(username__in=names)}
    members = set(Member.objects.filter(project=project, user__in=accounts.values()).values_list("user", flat=True))
    folded = User.objects.annotate(folded=Lower("username")).filter(folded__in={name.lower() for name in names})
    spelled = {name.casefold(): name for name in folded.values_list("username", flat=True)}
    seen: set[str] = set()
    planned = []
    for number, row in enumerate(given, 1):
        row["role"] = row["role"].casefold() or Role.ANNOTATOR
        made = RosterRow(number, row["username"], row["email"], row["role"], "refused")
        user = accounts.get(made.username)
        if reason := _fault(made, user, spelled, seen):
            made = replace(made, reason=reason)
        else:
            made = replace(made, what="invite" if user is None else "member" if user.pk in members else "add")
        seen.add(made.username.casefold())
        planned.append(made)
    return planned


def _fault(row: RosterRow, user: User | None, spelled: Mapping[str, str], seen: set[str]) -> str:
    folded = row.username.casefold()
    if not row.username or len(row.username) > 150:
        return "A user name has from 1 to 150 characters."
    try:
        UnicodeUsernameValidator()(row.username)
        if row.email:
            validate_email(row.email)
    except ValidationError as error:
        return error.messages[0]
    if row.role not in Role.values:
        return f"The role is one of {', '.join(Role.values)}."
    if folded in seen:
        return "The name stands above already."
    if user is None and folded in spelled:
        return f"There is an account {spelled[folded]}: write it as it is."
    return "The account is switched off." if user is not None and not user.is_active else ""


@transaction.atomic
def carry_out(by: User, project: Project, rows: Sequence[Mapping[str, Any]]) -> list[RosterRow]:
    """Adds who has an account and makes a link for one person for everybody else, in place of an earlier one of the
    same name. Rows that are refused hold nobody up. Raises Invalid."""
    done = []
    for row in plan_roster(project, rows):
        if row.what == "add":
            set_member(project, User.objects.get(username=row.username), row.role, by=by)
        elif row.what == "invite":
            for earlier in Invitation.objects.filter(project=project, username=row.username).usable():
                revoke_invitation(by, earlier)
            _, key = invite(by, project, row.role, expires_in_days=DEFAULT_DAYS, username=row.username, email=row.email)
            row = replace(row, path=path_to_join(key))
        done.append(row)
    return done


def members_csv(members: Iterable[Member]) -> str:
    """The members as a table that can be read in again elsewhere; texts that a spreadsheet would run are quoted."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(MEMBERS_COLUMNS)
    for member in members:
        user = member.user
        texts = [neutral(user.username), neutral(user.email), member.role]
        measures = (member.goal_day, member.goal_total, member.quota_day, member.quota_total)
        since = member.added_at.date().isoformat()
        writer.writerow([*texts, member.answers, since, int(member.paused_at is not None), *measures])
    return file.getvalue()
