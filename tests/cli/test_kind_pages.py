"""The commands of the pages about kinds of objects work as they stand, on the manifests of the pages."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from papaya.cli import main
from papaya.resources import locate
from papaya.sandbox import Sandbox

DOCS = Path(__file__).parents[2] / "docs"
TREE = """\
countries:
  - name: INDIA
    states:
      - name: Karnataka
        devices: [{name: PM-0001, profile: IoT-Gateway}]
"""
# Page -> what its manifest needs that it does not show, and the commands that it names in its text.
PAGES = {
    "alarms": (
        "",
        ["apply --target alarmSet/Meter", "export --with alarmSets"],
    ),
    "customers": (
        TREE,
        [
            "apply --target 'customer/City of Bengaluru'",
            "export --with customers",
            "apply --target user/viewer@city.example",
            "export --with customers --with customers.users",
        ],
    ),
    "rule-chains": (TREE, []),
    "profiles": ("", ["apply --target deviceProfile/Meter", "export --with profiles"]),
    "calculated-fields": (TREE, ["plan --target calculatedField/meanTemperature"]),
}
_PLAIN = {"papaya apply", "papaya plan", "papaya drift", "papaya credentials activation-link"}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A server that commands reach unless they name another one, and a folder with the files of the pages."""
    monkeypatch.chdir(tmp_path)
    _files_of_the_pages()
    with Sandbox() as sandbox:
        for name, value in {
            "PAPAYA_URL": sandbox.url,
            "PAPAYA_USERNAME": sandbox.username,
            "PAPAYA_PASSWORD": sandbox.password,
        }.items():
            monkeypatch.setenv(name, value)
        yield sandbox


@pytest.mark.parametrize("name", PAGES)
def test_every_command_of_the_page_works_as_it_stands(name: str, server: Sandbox) -> None:
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    manifests = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    needed, in_text = PAGES[name]
    for file, text in zip(("fleet.yaml", "users.yaml"), manifests, strict=False):
        # A page about one section leaves out the tree, and that profiles are created.
        create = "" if "profiles:" in text else "profiles: {create: true}\n"
        tree = "" if "countries:" in text else needed
        Path(file).write_text(text + create + tree, encoding="utf-8")
    blocks = [
        line for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL) for line in block.splitlines()
    ]
    assert blocks
    whole = [f"papaya {one}" for one in in_text]
    for command in [*blocks, *whole]:
        if command == next(iter(whole), None) and Path("users.yaml").exists():
            # What the text goes on about is the manifest that the page showed last.
            Path("users.yaml").replace("fleet.yaml")
        assert command.split()[0] == "papaya"
        yes = ["--yes", "--adopt", "--allow-destroy", "9"] if " apply" in command else []
        assert main([*shlex.split(command)[1:], *yes]) == 0, command
    told = {" ".join(one.split()) for one in re.findall(r"`(papaya [^`]+)`", page)}
    complete = {one for one in told - _PLAIN if re.search(r"/[A-Z]{4,}$", one) is None}
    assert complete == set(whole), "try the new command of the page here"


def _files_of_the_pages() -> None:
    chains = locate("manifests", "full") / "ruleChains"
    rules = Path("rules")
    rules.mkdir()
    meters = json.loads((chains / "meters.json").read_text(encoding="utf-8"))
    _named(meters, "ruleChainId", "papaya://ruleChain/Attributes")
    (rules / "meters.json").write_text(json.dumps(meters), encoding="utf-8")
    storage = (chains / "storage.json").read_text(encoding="utf-8")
    (rules / "attributes.json").write_text(storage, encoding="utf-8")
    fields = locate("manifests", "full")
    field = (fields / "calculatedFields" / "fahrenheit.json").read_text(encoding="utf-8")
    for name in ("mean", "dew-point"):
        (rules / f"{name}.json").write_text(field, encoding="utf-8")
    tamper = (fields / "alarmRules" / "tamper.json").read_text(encoding="utf-8")
    (rules / "tamper.json").write_text(tamper, encoding="utf-8")


def _named(value: Any, key: str, name: str) -> None:
    """Put a name in the place of every value of a key."""
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _named(each, key, name)
    if isinstance(value, dict) and key in value:
        value[key] = name
