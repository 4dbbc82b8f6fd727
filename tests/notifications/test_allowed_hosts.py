"""The list of hosts that the program may call, and what networks addresses lie in."""

import pytest
from pydantic import ValidationError

from config.allowed import AllowedHost, Network, allowed_hosts, network_of
from config.settings import Settings


def test_a_list_names_hosts_ports_and_networks() -> None:
    assert allowed_hosts(" QYAPI.weixin.qq.com, robot.lan:8443+private ,127.0.0.1:9000+loopback,[::1]+loopback,") == (
        AllowedHost("qyapi.weixin.qq.com"),
        AllowedHost("robot.lan", 8443, Network.PRIVATE),
        AllowedHost("127.0.0.1", 9000, Network.LOOPBACK),
        AllowedHost("::1", None, Network.LOOPBACK),
    )
    assert allowed_hosts("") == ()


@pytest.mark.parametrize(
    "text", ["https://a.example", "*.example", "a.example/path", "a b", "a.example+public", "a.example:0", "a@b", "-a"]
)
def test_what_cannot_be_read_keeps_the_program_from_starting(text: str) -> None:
    with pytest.raises(ValidationError, match="webhook_hosts"):
        Settings(webhook_hosts=text)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("93.184.216.34", Network.PUBLIC),
        ("2606:2800:220:1::1", Network.PUBLIC),
        ("10.0.0.1", Network.PRIVATE),
        ("172.31.255.255", Network.PRIVATE),
        ("192.168.1.1", Network.PRIVATE),
        ("fd00::1", Network.PRIVATE),
        ("127.0.0.1", Network.LOOPBACK),
        ("127.9.9.9", Network.LOOPBACK),
        ("::1", Network.LOOPBACK),
        ("::ffff:127.0.0.1", Network.LOOPBACK),
        ("::ffff:10.0.0.1", Network.PRIVATE),
        ("64:ff9b::7f00:1", Network.LOOPBACK),
        ("2002:7f00:1::", Network.LOOPBACK),
        ("169.254.169.254", None),
        ("fe80::1%eth0", None),
        ("0.0.0.0", None),  # noqa: S104 - not bound to, judged
        ("::", None),
        ("224.0.0.1", None),
        ("255.255.255.255", None),
        ("100.64.0.1", None),
    ],
)
def test_an_address_lies_in_one_network_or_is_called_by_nobody(address: str, network: Network | None) -> None:
    assert network_of(address) == network


def test_a_permission_is_for_its_own_network_alone() -> None:
    public, private, loopback = allowed_hosts("a.example, b.lan+private, localhost+loopback")
    assert public.admits("93.184.216.34")
    assert not public.admits("10.0.0.1")
    assert private.admits("10.0.0.1")
    assert not private.admits("127.0.0.1")
    assert not private.admits("93.184.216.34")
    assert loopback.admits("127.0.0.1")


def test_without_tls_only_inside_the_office() -> None:
    public, private = allowed_hosts("a.example, b.lan:8080+private")
    assert public.takes("https", "a.example", 443)
    assert not public.takes("http", "a.example", 80)
    assert not public.takes("https", "a.example", 8443)
    assert private.takes("http", "b.lan", 8080)
    assert not private.takes("http", "b.lan", 80)
