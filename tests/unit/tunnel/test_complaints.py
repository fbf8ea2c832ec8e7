"""What ssh complains of, in plain words; the texts are those of OpenSSH 9.2, as it wrote them."""

from __future__ import annotations

import pytest

from papaya.tunnel.complaints import complaint_of, without_debugging

CHANGED = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Someone could be eavesdropping on you right now (man-in-the-middle attack)!
It is also possible that a host key has just been changed.
The fingerprint for the ED25519 key sent by the remote host is
SHA256:9jIQzY35SAY9kNvQil5RZxsT7lEagkFK4dt+rbspimg.
Please contact your system administrator.
Add correct host key in /etc/papaya/known hosts to get rid of this message.
Offending ED25519 key in /etc/papaya/known hosts:3
  remove with:
  ssh-keygen -f "/etc/papaya/known hosts" -R "[127.0.0.1]:46993"
Host key for [127.0.0.1]:46993 has changed and you have requested strict checking.
Host key verification failed.
"""
UNPROTECTED = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Permissions 0644 for '/etc/papaya/id_ed25519' are too open.
It is required that your private key files are NOT accessible by others.
This private key will be ignored.
Load key "/etc/papaya/id_ed25519": bad permissions
papaya@bastion.example.com: Permission denied (publickey).
"""
KEX = "kex_exchange_identification: "
# What ssh wrote, what kind of complaint that is, and what a person is told of it.
KNOWN = [
    (CHANGED, "hostKeyChanged", "SHA256:9jIQzY35SAY9kNvQil5RZxsT7lEagkFK4dt+rbspimg"),
    (CHANGED, "hostKeyChanged", "/etc/papaya/known hosts, line 3"),
    (
        "No ED25519 host key is known for [127.0.0.1]:46993 and you have requested strict checking.\n"
        "Host key verification failed.\n",
        "hostKeyUnknown",
        "no host key is pinned for [127.0.0.1]:46993",
    ),
    ("Host key verification failed.\n", "hostKeyUnknown", "not a pinned one"),
    (
        "Warning: Identity file /etc/papaya/my key not accessible: No such file or directory.\n"
        "papaya@127.0.0.1: Permission denied (publickey).\n",
        "keyMissing",
        "/etc/papaya/my key cannot be read: No such file or directory",
    ),
    (UNPROTECTED, "keyUnusable", "others can read it (mode 0644)"),
    (
        'Load key "/tmp/junk": error in libcrypto\npapaya@127.0.0.1: Permission denied (publickey).\n',
        "keyUnusable",
        "ssh cannot use the key /tmp/junk: error in libcrypto",
    ),
    ("papaya@127.0.0.1: Permission denied (publickey).\n", "keyRefused", "does not let the device's key in"),
    (
        "Error: remote port forwarding failed for listen port 20001\n",
        "portTaken",
        "does not give port 20001",
    ),
    (
        "debug1: Remote: port forwarding refused\r\n"
        "Error: remote port forwarding failed for listen port 20001\n",
        "portForbidden",
        "does not allow port 20001",
    ),
    (
        "debug1: Remote: Server has disabled port forwarding.\r\n"
        "Error: remote port forwarding failed for listen port 20001\n",
        "portForbidden",
        "opens no ports",
    ),
    (
        "ssh: connect to host 127.0.0.1 port 34477: Connection refused\n",
        "refused",
        "127.0.0.1 refuses connections to port 34477",
    ),
    (
        "ssh: connect to host bastion.example.com port 22: Connection timed out\n",
        "unreachable",
        "bastion.example.com cannot be reached at port 22: Connection timed out",
    ),
    (
        "ssh: connect to host 10.1.2.3 port 22: No route to host\n",
        "unreachable",
        "cannot be reached at port 22: No route to host",
    ),
    (
        "ssh: Could not resolve hostname nowhere.invalid: Name or service not known\n",
        "nameUnknown",
        "nowhere.invalid has no address: Name or service not known",
    ),
    (
        "Connection timed out during banner exchange\nConnection to 127.0.0.1 port 38203 timed out\n",
        "silent",
        "takes the connection and says nothing",
    ),
    (
        f"{KEX}No SSH version received in first 1024 lines from server\n"
        "banner exchange: Connection to 127.0.0.1 port 38857: invalid format\n",
        "notSsh",
        "does not speak SSH",
    ),
    (
        f"{KEX}Connection closed by remote host\nConnection closed by 127.0.0.1 port 34705\n",
        "turnedAway",
        "before it says what it is",
    ),
    (
        f"{KEX}read: Connection reset by peer\nConnection reset by 127.0.0.1 port 42231\n",
        "turnedAway",
        "before it says what it is",
    ),
    (
        f"debug1: {KEX}banner line 0: Not allowed at this time\r\n{KEX}Connection closed by remote host\n",
        "turnedAway",
        "turns this address away for now",
    ),
    (
        "Unable to negotiate with 127.0.0.1 port 48927: no matching host key type found. "
        "Their offer: ssh-ed25519\n",
        "noCommonWay",
        "no matching host key type found",
    ),
    ("Timeout, server 127.0.0.1 not responding.\n", "lost", "no sign of life"),
    ("Connection to 127.0.0.1 closed by remote host.\n", "lost", "has ended the connection"),
    ("client_loop: send disconnect: Broken pipe\n", "lost", "has ended the connection"),
    (
        "/usr/bin/ssh cannot be started: Cannot allocate memory\n",
        "notStarted",
        "/usr/bin/ssh cannot be started: Cannot allocate memory",
    ),
    (
        "connect_to 127.0.0.1 port 22: failed.\n",
        "localPortClosed",
        "nothing listens at 127.0.0.1:22 of this machine",
    ),
]


@pytest.mark.parametrize(("text", "kind", "told"), KNOWN)
def test_what_ssh_says_is_told_in_plain_words(text: str, kind: str, told: str) -> None:
    found = complaint_of(text, "PM-0001")
    assert found is not None
    assert found.kind == kind
    assert told in found.summary
    assert found.remedy


@pytest.mark.parametrize("text", dict.fromkeys(text for text, _, _ in KNOWN))
def test_a_complaint_is_the_same_among_the_lines_of_v(text: str) -> None:
    noise = "OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.19\r\ndebug1: Permission denied\n"
    end = "debug1: Exit status 0\nTransferred: sent 3492, received 3252 bytes, in 0.7 seconds\n"
    assert complaint_of(noise + text + end, "PM-0001") == complaint_of(text, "PM-0001")


def test_what_nobody_knows_is_told_as_ssh_said_it() -> None:
    found = complaint_of("Something new.\nSomething else.\n\n", "PM-0001")
    assert found is not None
    assert (found.kind, found.summary) == ("other", "ssh says: Something else.")


def test_silence_is_no_complaint() -> None:
    assert complaint_of("") is None
    assert complaint_of("debug1: Exit status 0\nAuthenticated to 10.0.0.1 using publickey.\n") is None


def test_a_name_with_blanks_is_one_word_of_the_command_to_type() -> None:
    found = complaint_of("papaya@127.0.0.1: Permission denied (publickey).\n", "PM 1; reboot")
    assert found is not None
    assert "papaya tunnel authorized-key 'PM 1; reboot'" in found.remedy


def test_what_needs_a_person_is_not_tried_often_and_a_taken_port_is() -> None:
    found = (complaint_of(text) for text, _, _ in KNOWN)
    patience = {one.kind: one.patience for one in found if one is not None}
    assert patience["portTaken"] == "soon"
    assert {kind for kind, one in patience.items() if one == "person"} >= {"hostKeyChanged", "keyRefused"}
    for kind in ("lost", "refused", "unreachable", "nameUnknown", "silent"):
        assert patience[kind] == "usual"


def test_debugging_is_told_apart_from_what_ssh_says_to_everybody() -> None:
    text = "debug1: a\r\nWarning: b\r\ndebug2: c\nAuthenticated to x\nd\n"
    assert without_debugging(text) == "Warning: b\nd"
