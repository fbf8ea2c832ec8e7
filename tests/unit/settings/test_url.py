"""URLs in one spelling."""

from __future__ import annotations

import pytest

from papaya.errors import SettingsError
from papaya.settings.url import is_loopback, normalized, travels_in_the_clear


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        (" https://TB.Example.com/ ", "https://tb.example.com"),
        ("https://tb.example.com:443", "https://tb.example.com"),
        ("http://tb.example.com:80/", "http://tb.example.com"),
        ("HTTP://tb.example.com:8080", "http://tb.example.com:8080"),
        ("https://example.com/iot/tb/", "https://example.com/iot/tb"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://tb.example.com/login", "https://tb.example.com"),
        ("https://tb.example.com/api", "https://tb.example.com"),
        ("https://tb.example.com/api/", "https://tb.example.com"),
        ("https://tb.example.com/iot/tb/login?redirect=x", "https://tb.example.com/iot/tb"),
        ("https://tb.example.com/dashboards/6f1c0e10-c7d1?state=W10%3D", "https://tb.example.com"),
        ("https://tb.example.com/entities/devices/all", "https://tb.example.com"),
        ("https://tb.example.com/#/home", "https://tb.example.com"),
    ],
)
def test_equal_servers_are_written_equally(text: str, expected: str) -> None:
    assert normalized(text, "--url") == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tb.example.com", "has no scheme: tb.example.com"),
        ("localhost:8080", "has no scheme: localhost:8080"),
        ("", "has no scheme"),
        ("ftp://tb.example.com", "begins with ftp://"),
        ("https://", "names no host"),
        ("https://tb.example .com", "names no host"),
        ("https://tb.example.com:99999", "is not a URL"),
        ("https://tb.example.com/?a=b", "more than scheme, host, port and path"),
        ("https://tb.example.com/#x", "more than scheme, host, port and path"),
        ("https://admin:hunter2@tb.example.com", "has a user name or password in it"),
        ("admin:hunter2@tb.example.com", "has no scheme: tb.example.com"),
        ("https://admin:hunter2@tb.example.com/login", "has a user name or password in it"),
        ("http://h/?token=hunter2", "more than scheme, host, port and path: http://h/"),
        ("http://h/x?token=hunter2", "more than scheme, host, port and path: http://h/x"),
        ("h/?token=hunter2", "has no scheme: h/"),
        ("http://h:x/?token=hunter2", "is not a URL: http://h:…/"),
        ("http://h:hunter2/", "is not a URL: http://h:…/"),
        ("http://h:8080hunter2", "is not a URL: http://h:…"),
        ("http://[::1]:hunter2/x", "is not a URL: http://[::1]:…/x"),
        ("http://[hunter2/", "is not a URL: http://…"),
        ("h:hunter2", "has no scheme: h:…"),
        ("http://:hunter2@h:hunter2/", "is not a URL: http://h:…/"),
        ("https://a:hunter2/hunter2@h", "is not a URL: https://h"),
        ("https://a:hunter2?hunter2@h", "https://…"),
        ("https://a:hunter2#hunter2@h/x", "https://…"),
        ("http://h/#hunter2", "more than scheme, host, port and path: http://h/"),
    ],
)
def test_anything_else_is_refused_with_its_origin_and_without_the_password(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        normalized(text, "PAPAYA_URL")
    assert message in caught.value.message
    assert "PAPAYA_URL" in caught.value.message
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]", "tb.localhost"])
def test_this_machine_is_recognized(host: str) -> None:
    assert is_loopback(f"http://{host}:8080")
    assert not travels_in_the_clear(f"http://{host}:8080")


def test_other_machines_are_reached_in_the_clear_without_tls() -> None:
    assert travels_in_the_clear("http://192.168.1.2:8080")
    assert travels_in_the_clear("http://tb.example.com")
    assert not travels_in_the_clear("https://tb.example.com")
