"""One rule for the client's address: the sign-in limits, the REST limits and the log see the same one."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from config.client_address import ClientAddressMiddleware, client_address, plain_address

PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("forwarded_for", "trusted", "expected"),
    [
        ("", 0, PROXY),
        ("203.0.113.9", 0, PROXY),  # nobody in front is trusted: the header is what anybody says
        ("203.0.113.9", 1, "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", 1, "203.0.113.9"),  # the client made up the first one
        ("1.1.1.1, 2.2.2.2, 203.0.113.9,10.0.0.2", 2, "203.0.113.9"),
        ("203.0.113.9", 2, "203.0.113.9"),  # came in past the outer proxy: who connected to the inner one
        ("", 2, PROXY),  # a probe from inside
        (" , ,", 1, PROXY),
        ("1.1.1.1, ", 1, PROXY),
        ("1.1.1.1, unknown", 1, PROXY),  # never further to the left than what our proxies wrote
        ("1.1.1.1, nonsense, 203.0.113.9", 2, "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9:51234", 1, "203.0.113.9"),
        ("1.1.1.1, [2001:db8::7]:443", 1, "2001:db8::7"),
        ("2001:DB8:0:0::7", 1, "2001:db8::7"),
        ("::ffff:203.0.113.9", 1, "203.0.113.9"),
        ("fe80::1%eth0", 1, "fe80::1"),
        ("<script>", 1, PROXY),
        ("9" * 100_000, 1, PROXY),
        ("1.1.1.1\x00", 1, PROXY),
        ("," * 100_000, 1, PROXY),
    ],
)
def test_the_address_is_counted_from_the_right(forwarded_for, trusted, expected):
    assert client_address(PROXY, forwarded_for, trusted) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:80", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:db8::1:80", "2001:db8::1:80"),  # without brackets the end is no port
        ("[2001:db8::1]", "2001:db8::1"),
        ('"[2001:db8::1]:4711"', "2001:db8::1"),
        ("0177.0.0.1", ""),
        ("192.0.2.1:port", ""),
        ("[]", ""),
        ("", ""),
        ("unix:", ""),
        ("localhost", ""),
    ],
)
def test_an_address_has_one_spelling(written, expected):
    assert plain_address(written) == expected


@pytest.mark.parametrize(("trusted", "expected"), [(0, PROXY), (1, "203.0.113.9"), (2, "198.51.100.4")])
def test_everything_behind_the_middleware_sees_it_in_remote_addr(settings, trusted, expected):
    settings.TRUSTED_PROXIES = trusted
    request = RequestFactory().get("/", REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR="8.8.8.8, 198.51.100.4, 203.0.113.9")
    seen = ClientAddressMiddleware(lambda given: HttpResponse(given.META["REMOTE_ADDR"]))(request)
    assert seen.content.decode() == expected


def test_it_comes_before_everything_but_the_health_page(settings):
    assert settings.MIDDLEWARE.index("config.client_address.ClientAddressMiddleware") == 1
    assert settings.REST_FRAMEWORK["NUM_PROXIES"] == 0
    assert settings.AXES_CLIENT_IP_CALLABLE == "config.client_address.of_request"


def test_behind_a_proxy_a_guesser_locks_out_nobody_else(settings, client, people):
    """The lock is on the guesser's address, though every connection comes from the proxy."""
    settings.TRUSTED_PROXIES = 1
    people.manager.set_password("correct horse battery")
    people.manager.save()

    def sign_in(password: str, address: str):
        form = {"username": "manager", "password": password}
        return client.post("/sign-in/", form, REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=f"6.6.6.6, {address}")

    for _ in range(settings.SIGN_IN_ATTEMPTS):
        last = sign_in("wrong", "203.0.113.66")
    assert last.status_code == 429
    assert sign_in("correct horse battery", "203.0.113.9").status_code == 302
