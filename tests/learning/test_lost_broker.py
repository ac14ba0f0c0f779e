"""A job that ends after its broker was lost: what Celery may meet then is a lost connection, and nothing else."""

import pytest
from kombu import Connection
from kombu.transport import redis as transport
from redis.exceptions import ConnectionError as Lost

from config.celery import outlive_the_broker

pytestmark = pytest.mark.broker


@pytest.fixture
def message(redis_url):
    """Taken and not acknowledged; its connection is closed meanwhile."""
    with Connection(redis_url) as connection:
        queue = connection.SimpleQueue("lost")
        queue.put({"job": 1})
        taken = queue.get(timeout=5)
        # as Connection.close leaves them
        broker, known = connection.transport, connection.transport.client
        broker.client, taken.channel._pool = None, None
        yield taken
        broker.client = known


def as_workers_have_it(monkeypatch):
    monkeypatch.setattr(transport.Transport, "Channel", transport.Transport.Channel)  # put back at the end
    outlive_the_broker()


def test_a_message_of_a_closed_connection_is_a_lost_connection(monkeypatch, request):
    as_workers_have_it(monkeypatch)
    message = request.getfixturevalue("message")
    assert Lost in transport.Transport.connection_errors
    with pytest.raises(Lost):
        message.ack()


def test_without_it_kombu_knows_no_address(message):
    """Fails when kombu has mended it: then ``outlive_the_broker`` may go."""
    with pytest.raises(AttributeError):
        message.ack()
