"""Files as nobody well-meaning writes them, in every place where papaya reads one: a fault, and no more."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from papaya.bounded_file import UnusableFile, measured
from papaya.cli import main
from papaya.manifest.load import Source, load
from papaya.settings.files import read_file as read_properties_file
from papaya.settings.token_store import TokenStore

SECRET = "hunter2hunter2"
HEAD = "apiVersion: papaya/v1\nkind: Fleet\nmetadata: {name: test}\n"
TEXTS = {
    "fleet.yaml": HEAD + "countries:\n  - name: C\n    location: {latitude: 12.97, longitude: 77.59}\n"
    '    states: [{name: S, devices: [{name: D, serial: SN-1, attributes: {fw: "1.10", n: 5}}]}]\n'
    'devicesFrom: {csv: rows.csv, decimal: ",", each: {country: C, state: S, name: "{{ n }}", '
    'location: {latitude: "{{ lat | float }}", longitude: "{{ lon | float }}"}, '
    'credentials: {accessToken: {file: "tokens/{{ n }}"}}}}\n',
    "more.yaml.j2": "apiVersion: papaya/v1\nkind: Country\nname: {{ second }}\nattributes: {v: {{ v }}}\n",
    "rows.csv": 'n,lat,lon,token\nM1,"11,52",48,hunter2hunter2\nM2,"-1,5","2,25",hunter2hunter2\n',
    "variables.json": '{"second": "B\\ud83d\\ude80", "v": 1.10}\n',
    "config.properties": f"[thingsboard]\nurl = http://127.0.0.1:1\npassword = {SECRET}\n"
    "[assets]\ndevice_name = D\n",
}
PIECES = (
    "nan", "inf", "-inf", "1e999", "9" * 400, "9" * 5000, "1_0", "٣", "12,97", "12.97°", "−1",
    "8.60E+14", "#N/A", '="00042"', "\xa0", "\u200b", "\xad", "\ufeff", "\v", "\x00", "\u202e",
    "e\u0301", "\ud83d", "\\ud83d", "\\ud83d\\ude80", "{{ n }}", "{{", "}}", "{% for x in y %}",
    "<<<<<<< HEAD\n", "\n=======\n", ">>>>>>> b\n", "../../x", "/etc/passwd", "~", "&a [*a]", "[" * 200,
    "{" * 70, "- ", "? ", ": ", "\t", "\r", "\r\n", '"', "'", "<b>", ";", "|", "sep=;\n",
    "!!python/object:x {}", "0x1F", "1.10", "~", "null", "[thingsbord]\n", "%", "=",
)  # fmt: skip


def mangled(text: str, chance: random.Random) -> bytes:
    """Return a text with pieces put in, cut out or repeated, in some encoding."""
    for _ in range(chance.randint(1, 4)):
        at, until = sorted(chance.randrange(len(text) + 1) for _ in range(2))
        match chance.randrange(4):
            case 0:
                text = text[:at] + chance.choice(PIECES) + text[at:]
            case 1:
                text = text[:at] + chance.choice(PIECES) + text[min(until, at + 12) :]
            case 2:
                text = text[:at] + text[min(until, at + 30) :]
            case 3:
                text = text[:until] + text[at:until] * 2 + text[until:]
    encoding = chance.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"))
    data = text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")
    if chance.random() < 0.1:
        data = data[: chance.randrange(len(data) + 1)] + bytes(chance.randrange(256) for _ in range(5))
    return data


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a working folder with every file that papaya reads."""
    monkeypatch.chdir(tmp_path)
    for name, text in TEXTS.items():
        Path(name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("seed", range(4))
def test_a_mangled_file_is_told_and_ends_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    """Whichever file it is: no traceback is printed, and no secret is shown."""
    expect_told(capsys, seed, 2)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4, 200))
def test_hundreds_of_mangled_files_are_told_and_end_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    expect_told(capsys, seed, 3)


def expect_told(capsys: pytest.CaptureFixture[str], seed: int, count: int) -> None:
    """Mangle some files, one after the other, and run what reads them."""
    chance = random.Random(seed)
    for _ in range(count):
        name = chance.choice(list(TEXTS))
        text = TEXTS[name]
        # Without its header nobody knows which column of a table has secrets.
        head = text.index("\n") + 1 if name == "rows.csv" else 0
        Path(name).write_bytes(text[:head].encode() + mangled(text[head:], chance))
        assert main(["validate", "--var-file", "variables.json"]) in (0, 1)
        assert main(["render", "--var-file", "variables.json"]) in (0, 1)
        assert main(["locate", "D", "--no-geolocate", "--var-file", "variables.json"]) in (0, 1)
        assert main(["init", "new.yaml", "--force", "--from-config", "config.properties"]) in (0, 1)
        streams = capsys.readouterr()
        said = streams.out + streams.err
        assert "Traceback" not in said
        assert SECRET not in said
        Path(name).write_text(TEXTS[name], encoding="utf-8")
        Path("new.yaml").unlink(missing_ok=True)


@pytest.mark.parametrize("seed", range(80))
def test_a_mangled_table_is_told_in_few_faults(seed: int) -> None:
    """Each of them once, in whatever text."""
    expect_few_faults(seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(80, 1_000))
def test_hundreds_of_mangled_tables_are_told_in_few_faults(seed: int) -> None:
    expect_few_faults(seed)


def expect_few_faults(seed: int) -> None:
    """Mangle the rows of a table, and count what is told."""
    chance = random.Random(seed)
    rows = "".join(f'M{number},"1,5",48,{SECRET}\n' for number in range(30))
    data = "n,lat,lon,token\n" + mangled(rows, chance).decode("utf-8", "replace")
    found = load(
        [Source("fleet.yaml", TEXTS["fleet.yaml"])],
        read_csv=lambda asking, name: Source(name, data, "csv"),
    )
    # Names that are there twice are told one by one.
    others = [fault for fault in found.diagnostics if "is already there" not in fault.summary]
    assert len(others) < 15
    for fault in found.diagnostics:
        assert SECRET not in f"{fault.summary}{fault.remedy}{fault.snippet}"


def fifo(path: Path) -> None:
    """Make what waits for ever when it is opened."""
    os.mkfifo(path)


def endless(path: Path) -> None:
    """Make a link to a file without end."""
    path.symlink_to("/dev/zero")


def huge(path: Path) -> None:
    """Make a file of 40 GB that takes no room."""
    with path.open("wb") as file:
        file.truncate(40 * 1024**3)


def circle(path: Path) -> None:
    """Make a link to itself."""
    path.symlink_to(path)


@pytest.fixture(params=[fifo, endless, huge, circle, Path.mkdir])
def make(request: pytest.FixtureRequest) -> Callable[[Path], None]:
    """Return what makes something that is no ordinary file."""
    made: Callable[[Path], None] = request.param
    return made


@contextlib.contextmanager
def quickly() -> Iterator[None]:
    """Claim that nothing is waited for, and nothing of 40 GB is read."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("name", list(TEXTS))
def test_what_is_no_ordinary_file_is_told_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str], make: Callable[[Path], None], name: str
) -> None:
    """In the place of any file that a command reads."""
    if name != "more.yaml.j2":
        # It would start a process, which reads nothing that is looked at here.
        Path("more.yaml.j2").unlink()
    Path(name).unlink()
    make(Path(name))
    with quickly():
        main(["validate", ".", "--var-file", "variables.json"])
        main(["locate", "D", "--no-geolocate", "--var-file", "variables.json"])
        assert main(["init", "new.yaml", "--from-config", name]) == 1
    streams = capsys.readouterr()
    assert "Traceback" not in streams.out + streams.err


def test_a_package_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    huge(tmp_path / "firmware.bin")
    began = time.process_time()
    with pytest.raises(UnusableFile, match="larger than 1024 MiB"):
        measured(tmp_path / "firmware.bin", ["sha256", "sha512"])
    assert time.process_time() - began < 1


def test_tokens_and_settings_are_opened_in_the_same_way(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Also those that no command line names."""
    from papaya.errors import SettingsError
    from papaya.settings.device_token import read_token
    from papaya.settings.write_back import write_tokens

    path = tmp_path / "file"
    make(path)
    reads: tuple[Callable[[], object], ...] = (
        lambda: TokenStore(path).find("http://h"),
        lambda: read_token(path),
        lambda: read_properties_file(path),
        lambda: write_tokens(path, "token", None),
    )
    with quickly():
        for read in reads:
            with pytest.raises(SettingsError):
                read()
    assert path.is_symlink() or path.exists()


def test_nothing_is_written_through_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link in the place of a file that is to be written is replaced itself, or refused."""
    monkeypatch.chdir(tmp_path)
    target = tmp_path / "precious"
    target.write_text("precious")
    Path("fleet.yaml").symlink_to(target)
    assert main(["init"]) == 1
    assert main(["init", "--force"]) == 0
    assert target.read_text() == "precious"
    Path("dangling.yaml").symlink_to(tmp_path / "made")
    assert main(["init", "dangling.yaml"]) == 1
    assert not (tmp_path / "made").exists()


def test_deep_json_in_kept_tokens_is_a_fault(tmp_path: Path) -> None:
    """And no traceback."""
    from papaya.errors import SettingsError

    path = tmp_path / "tokens.json"
    for text in (
        "[" * 100_000,
        '{"version": 1, "servers": ' + '{"a":' * 980 + "1" + "}" * 981,
        "\x00",
        "9" * 9999,
    ):
        path.write_text(text)
        with pytest.raises(SettingsError):
            TokenStore(path).find("http://h")
    shutil.rmtree(tmp_path, ignore_errors=True)
