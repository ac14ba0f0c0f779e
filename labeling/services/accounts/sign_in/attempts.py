"""Attempts to give the right password, by name and address."""

import ipaddress
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac

from labeling.models import AttemptLimit, KnownAddress, User
from labeling.services.accounts.sign_in.limits import Account, Limit, give_back, spend, wait_of

#: wrong passwords for one name from one address, where it has never been right
PAIR = Limit("pair", burst=settings.SIGN_IN_ATTEMPTS, interval_s=60)
#: ... where it was right before: nothing else counts there, so nobody elsewhere can lock the person out
KNOWN = Limit("known", burst=settings.SIGN_IN_ATTEMPTS, interval_s=10)
#: for whatever names, from one address: trying one password on all names
ADDRESS = Limit("address", burst=3 * settings.SIGN_IN_ATTEMPTS, interval_s=6)
#: for one name, from all addresses where it has never been right: many machines guessing together
NAME = Limit("name", burst=5 * settings.SIGN_IN_ATTEMPTS, interval_s=60)

ADDRESSES_KEPT = 20


class TooManyAttempts(Exception):
    """Refused before the password was looked at."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"Too many wrong passwords: try again in {in_words(wait_s)}.")
        self.wait_s = wait_s


@dataclass(frozen=True)
class SignInAttempt:
    """One that was paid for."""

    accounts: Sequence[Account]


def begin(name: str, address: str) -> SignInAttempt:
    """Pays for one attempt to sign in as ``name``. Raises TooManyAttempts.

    The account of the name is asked last: what an address may not try any more does not weigh on the name.
    """
    accounts = _accounts(name, address)
    for account in accounts:
        if not spend(account):
            raise TooManyAttempts(max(1, wait_of(account)))
    return SignInAttempt(accounts)


def wait_s(attempt: SignInAttempt) -> int:
    """Seconds until the same may be tried again."""
    return max(wait_of(account) for account in attempt.accounts)


def finish(attempt: SignInAttempt, user: User, address: str) -> None:
    """The password was right: nothing was spent, the tries before it are forgiven, the address is known from now on."""
    for account in attempt.accounts:
        if account.limit in (PAIR, KNOWN):
            account.rows.delete()
        else:
            give_back(account)
    _remember(user, network(address))


def forget(name: str | None = None, address: str | None = None) -> int:
    """Lifts what was spent for a name or at an address (or, without either, at all); how many accounts it were."""
    rows = AttemptLimit.objects.all()
    if name is not None:
        rows = rows.filter(name_hash=_hashed(name))
    if address is not None:
        rows = rows.filter(address=network(address))
    return rows.delete()[0]


def slow_down(name: str, address: str, limit: Limit) -> None:
    """Pays for a call, right password or not, unless the name is known at the address. Raises TooManyAttempts."""
    account = Account(limit, address=network(address))
    if not _is_known(name, account.address) and not spend(account):
        raise TooManyAttempts(max(1, wait_of(account)))


def network(address: str) -> str:
    """What is counted as one address: of IPv6 the /64, in which everybody has as many addresses as they like."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:49]
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def in_words(seconds: int) -> str:
    minutes = -(-seconds // 60)
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def _accounts(name: str, address: str) -> Sequence[Account]:
    where, who = network(address), _hashed(name)
    if _is_known(name, where):
        return (Account(KNOWN, who, where),)
    return Account(ADDRESS, address=where), Account(PAIR, who, where), Account(NAME, who)


def _is_known(name: str, where: str) -> bool:
    return bool(where) and KnownAddress.objects.filter(user__username=_normal(name), address=where).exists()


def _normal(name: str) -> str:
    """As Django's forms read it: page and REST count the same name. NUL is in no name, and PostgreSQL refuses it."""
    return unicodedata.normalize("NFKC", name).replace("\0", "")


def _hashed(name: str) -> str:
    return salted_hmac("labeling.sign_in", _normal(name).casefold(), algorithm="sha256").hexdigest()[:32]


def _remember(user: User, where: str) -> None:
    """Notes the address; the oldest are forgotten beyond ``ADDRESSES_KEPT``."""
    if not where:
        return
    KnownAddress.objects.update_or_create(user=user, address=where, defaults={"last_right_at": Now()})
    ours = KnownAddress.objects.filter(user=user).order_by("-last_right_at", "-pk")
    old = list(ours.values_list("pk", flat=True)[ADDRESSES_KEPT:])
    if old:
        KnownAddress.objects.filter(pk__in=old).delete()
