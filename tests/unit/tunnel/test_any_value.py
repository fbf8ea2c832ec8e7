"""Whatever a manifest says reaches systemd and ssh as it was meant or is refused: it never becomes more."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from papaya.errors import PapayaError
from papaya.manifest.model import Device
from papaya.tunnel.bastion import authorized_key, bastions_of, server_settings
from papaya.tunnel.line import Line, lines_of, ssh_arguments
from papaya.tunnel.ports import Ports
from papaya.tunnel.public_keys import file_of, read_keys
from papaya.tunnel.ssh_config import host_alias, ssh_config
from papaya.tunnel.unit import render
from tests.unit.tunnel.devices import LINE_KEY, device, fleet_of, line
from tests.unit.tunnel.ssh_syntax import authorized
from tests.unit.tunnel.ssh_syntax import file_of as file_of_option
from tests.unit.tunnel.systemd_syntax import arguments_of, path_of, settings_of

SPECIAL = " \t\n\r\0\"'\\%$#;,=*?!~@:/{}[]()<>|&`^-_.aZ0é😀\x1b\x85\u2028\u202e\ufeff"
TEXTS = st.text(st.sampled_from(SPECIAL) | st.characters(codec="utf-8"), max_size=20)
NAMES = TEXTS.filter(bool) | st.sampled_from(
    ["-oProxyCommand=id", "a b", '"', "%h", "$HOME", "${HOME}", "a\\", "x\n[Service]\nUser=root", "\n", "*"]
)
SPEAKABLE = st.text(st.sampled_from(" '%$#;,=*?!~@:{}[]()<>|&`^-_.aZ0é😀"), min_size=1, max_size=20)
PATHS = st.one_of(
    st.builds("/{}".format, SPEAKABLE), st.builds("/a/{}/b".format, SPEAKABLE), TEXTS.filter(bool)
)
HOSTS = st.sampled_from(["bastion.example.com", "10.0.0.1", "::1", "[::1]"]) | TEXTS
USERS = st.sampled_from(["papaya", "a-b.c", "machine$"]) | TEXTS.filter(bool)

PLAIN_SETTINGS = [(section, key) for section, key, _ in settings_of(render(line()))]


def line_or_refusal(its: Device) -> Line | None:
    """Return the line of a device, None where it is refused in words that stay on their line."""
    try:
        (only,) = lines_of(fleet_of([its]), its, Ports())
    except PapayaError as refusal:
        assert refusal.message.isprintable(), refusal.message
        assert refusal.remedy
        return None
    return only


@given(name=NAMES, key=PATHS, hosts=PATHS, host=HOSTS, user=USERS)
@example(name="x\\", key="/a b", hosts="/%h", host="h", user="u")
@example(name="\n[Service]\nExecStart=/bin/sh", key="/a$b", hosts="/$HOME", host="h", user="u")
@example(name="a", key="/a;b", hosts="/#", host="h", user="u$")
@example(name="a", key="/'a'", hosts="/%%", host="h", user="u")
def test_a_unit_says_what_was_meant_and_no_more(
    name: str, key: str, hosts: str, host: str, user: str
) -> None:
    its = device(name, identity_file=key, known_hosts=hosts, host=host, user=user)
    made = line_or_refusal(its)
    if made is None:
        return
    for systemd in (252, 257, 262):
        unit = settings_of(render(made, systemd=systemd))
        if systemd == 252:
            assert [(section, setting) for section, setting, _ in unit] == PLAIN_SETTINGS
        (command,) = [value for _, setting, value in unit if setting == "ExecStart"]
        credentials = f"/run/credentials/{made.unit}"
        assert arguments_of(command) == [
            "/usr/bin/ssh",
            *ssh_arguments(
                made,
                identity_file=f"{credentials}/identity",
                known_hosts=f"{credentials}/known_hosts",
                in_background=True,
            ),
        ]
        loaded = [value.partition(":") for _, setting, value in unit if setting == "LoadCredential"]
        assert {name: path_of(path) for name, _, path in loaded} == {"identity": key, "known_hosts": hosts}


@given(name=NAMES, key=PATHS, hosts=PATHS, host=HOSTS, user=USERS)
def test_ssh_gets_the_files_the_user_and_the_host_that_were_meant(
    name: str, key: str, hosts: str, host: str, user: str
) -> None:
    made = line_or_refusal(device(name, identity_file=key, known_hosts=hosts, host=host, user=user))
    if made is None:
        return
    arguments = list(ssh_arguments(made))
    options = [after for before, after in zip(arguments, arguments[1:], strict=False) if before == "-o"]
    files = dict(file_of_option(option) for option in options if "File=" in option)
    assert files == {"GlobalKnownHostsFile": "/dev/null", "IdentityFile": key, "UserKnownHostsFile": hosts}
    assert arguments[-4:-2] == ["-l", user]
    assert arguments[-2:] == ["--", host.strip("[]").lower()]
    plain = list(ssh_arguments(line()))
    assert [word for word in arguments if word.startswith("-") and word != host] == [
        word for word in plain if word.startswith("-")
    ]


@given(name=NAMES)
def test_a_name_adds_nothing_to_the_line_of_a_key(name: str) -> None:
    keys = read_keys(LINE_KEY, "x")
    (written,) = authorized_key([line(name)], keys).splitlines() or [""]
    options, rest = authorized(written)
    assert options == [
        ("restrict", ""),
        ("port-forwarding", ""),
        ("permitlisten", "127.0.0.1:20001"),
        ("permitopen", "127.0.0.1:1"),
        ("command", "/bin/false"),
    ]
    assert rest[:2] == LINE_KEY.split()


@given(names=st.lists(NAMES, min_size=1, max_size=4, unique=True), user=USERS)
def test_names_add_nothing_to_the_operators_configuration(names: list[str], user: str) -> None:
    lines = [line(name, remote_port=20000 + number) for number, name in enumerate(names)]
    try:
        text = ssh_config(lines, jump_user=user, device_user=user)
    except PapayaError:
        return
    keywords = [words[0] for words in map(str.split, text.splitlines()) if words and words[0] != "#"]
    assert keywords == ["Host", "HostName", "Port", "User", "HostKeyAlias", "ProxyJump"] * len(names)
    aliases = [words[1:] for words in map(str.split, text.splitlines()) if words and words[0] == "Host"]
    assert sorted(aliases) == sorted([host_alias(name)] for name in names)
    assert all(not set(alias[0]) & set("*?!,\"'") and alias[0][0] != "-" for alias in aliases)


@given(user=USERS, host=HOSTS)
def test_a_user_adds_nothing_to_the_settings_of_the_bastion(user: str, host: str) -> None:
    made = line_or_refusal(device(user=user, host=host))
    if made is None:
        return
    (bastion,) = bastions_of([made], None)
    text = server_settings(bastion)
    plain = server_settings(bastions_of([line()], None)[0])
    assert text.replace(f"Match User {user}\n", "Match User papaya\n") == plain


@given(name=NAMES)
def test_the_key_of_a_device_is_a_file_of_its_folder(name: str) -> None:
    assert "/" not in file_of(name)
    assert file_of(name).endswith(".pub")
    assert len(file_of(name).encode()) < 255


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        'command="id" ' + LINE_KEY,
        "ssh-rsa " + LINE_KEY.split()[1],
        "-----BEGIN OPENSSH PRIVATE KEY-----\n",
        LINE_KEY.replace("AAAAC3", "AAAAC4"),
    ],
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(PapayaError) as raised:
        read_keys(text, "keys/PM-1.pub")
    assert "keys/PM-1.pub" in raised.value.message
