"""The gate counts each address by itself, forgets what is over, and never stands in a trusted relay's way."""

from ipaddress import ip_network

import pytest

from bridge.mail.smtpd import Limits, Listener
from bridge.mail.smtpd.limits import Gate


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def gate(clock: Clock | None = None, **limits: int) -> Gate:
    listener = Listener(limits=Limits(**limits), trusted=(ip_network("10.0.0.0/8"),))
    return Gate(listener, clock or Clock())


def test_one_address_cannot_take_every_place() -> None:
    door = gate(per_address=2, connections=3)
    assert door.enter("192.0.2.1") is None
    assert door.enter("192.0.2.1") is None
    assert (door.enter("192.0.2.1") or "").startswith("421 4.7.0")
    assert door.enter("192.0.2.2") is None
    assert (door.enter("192.0.2.3") or "").startswith("421 4.3.2")
    door.leave("192.0.2.1")
    assert door.enter("192.0.2.3") is None


def test_a_trusted_relay_and_a_unix_socket_always_come_in() -> None:
    door = gate(per_address=1, connections=1, rate=1)
    for peer in ("10.1.2.3", "::ffff:10.1.2.3", ""):
        assert [door.enter(peer) for _ in range(5)] == [None] * 5
        assert all(door.admits_mail(peer) for _ in range(5))


def test_an_ipv6_network_is_one_address() -> None:
    door = gate(per_address=1)
    assert door.enter("2001:db8::1") is None
    assert door.enter("2001:db8::2") is not None
    assert door.enter("2001:db8:0:1::1") is None


def test_the_rate_is_of_one_minute_and_one_address() -> None:
    clock = Clock()
    door = gate(clock, rate=2)
    assert [door.admits_mail("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert door.admits_mail("192.0.2.2")
    clock.now = 60.0
    assert door.admits_mail("192.0.2.1")


def test_limits_below_the_standard_are_refused() -> None:
    with pytest.raises(ValueError, match="100 recipients"):
        Limits(recipients=99)
    with pytest.raises(ValueError, match="64 kB"):
        Limits(size=1000)
    with pytest.raises(ValueError, match="certificate"):
        Listener(tls="starttls")
    with pytest.raises(ValueError, match="not offered"):
        Listener(require_tls=True)
