"""Which settings win, where they came from, and which credentials go to which server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from papaya.diagnostics import Mark
from papaya.errors import SecretUnavailable, SettingsError
from papaya.manifest.model import SecretReference, Server
from papaya.settings import Options, Settings, find_properties, find_settings
from papaya.settings.token_store import StoredTokens, TokenStore

A, B = "https://a.example.com", "https://b.example.com"
PROXY = "http://p:1"
MARK = Mark("fleet.yaml", 5, 9)

Find = Callable[..., Settings]


@pytest.fixture
def find(tmp_path: Path) -> Find:
    """Return `find_settings` in an empty folder, with an environment of its own."""

    def found(
        options: Options | None = None,
        server: Server | None = None,
        config: str | None = None,
        **environment: str,
    ) -> Settings:
        if config is not None:
            path = tmp_path / "config.properties"
            path.write_text(config)
            path.chmod(0o600)
        return find_settings(
            options,
            server,
            manifest_folder=tmp_path,
            folder=tmp_path,
            environment=environment,
            store_path=tmp_path / "tokens.json",
        )

    return found


def config_of(url: str | None = A, more: str = "username = c@example.com\npassword = from-config\n") -> str:
    return f"[thingsboard]\n{f'url = {url}' if url else ''}\n{more}"


def test_no_server_is_an_error_with_a_remedy(find: Find) -> None:
    with pytest.raises(SettingsError, match="no server is named") as caught:
        find()
    assert "--url" in caught.value.remedy


def test_the_url_comes_from_the_first_source_that_names_one(find: Find) -> None:
    assert find(server=Server(url=B, mark=MARK)).origin("url") == "fleet.yaml:5:9"
    assert find(config=config_of(B)).origin("url").endswith("config.properties:2")
    assert find(config=config_of(B), TB_URL=A).origin("url") == "TB_URL"
    assert find(config=config_of(B), TB_URL=B, PAPAYA_URL=A).origin("url") == "PAPAYA_URL"
    assert find(Options(url=A), config=config_of(B), PAPAYA_URL=B).origin("url") == "--url"
    assert find(Options(url=A), config=config_of(B), PAPAYA_URL=B).url == A


def test_a_manifest_that_names_another_server_is_a_refusal_that_names_both(find: Find) -> None:
    with pytest.raises(SettingsError) as caught:
        find(server=Server(url=B, mark=MARK), PAPAYA_URL=A)
    assert caught.value.message == f"two servers are named: {A} (PAPAYA_URL) and {B} (fleet.yaml:5:9)"
    with pytest.raises(SettingsError, match="config.properties:2"):
        find(server=Server(url=B, mark=MARK), config=config_of(A))


def test_the_option_may_name_another_server_than_the_manifest(find: Find) -> None:
    assert find(Options(url=A), Server(url=B, mark=MARK)).url == A


def test_spellings_of_one_server_are_no_disagreement(find: Find) -> None:
    assert find(server=Server(url=f"{A}:443/", mark=MARK), PAPAYA_URL=A).url == A


def test_the_password_of_a_file_goes_to_its_own_server_only(find: Find) -> None:
    assert find(config=config_of(A)).credentials.password == "from-config"
    elsewhere = find(Options(url=B), config=config_of(A))
    assert not elsewhere.credentials
    assert f"belong to {A} and are not sent to {B}" in elsewhere.notes[0]
    assert "from-config" not in repr(elsewhere)


def test_a_password_beside_no_url_is_sent_nowhere(find: Find) -> None:
    settings = find(Options(url=B), config=config_of(None))
    assert not settings.credentials
    assert "stand beside no url" in settings.notes[0]


def test_the_password_of_a_variable_goes_to_the_server_of_the_variables(find: Find) -> None:
    own = {"PAPAYA_USERNAME": "u@example.com", "PAPAYA_PASSWORD": "from-environment"}
    assert find(Options(url=B), **own).credentials.password == "from-environment"
    assert find(PAPAYA_URL=A, **own).credentials.password == "from-environment"
    assert not find(Options(url=B), PAPAYA_URL=A, **own).credentials
    assert not find(Options(url=B), TB_URL=A, **own).credentials


def test_the_secrets_of_a_manifest_go_to_its_own_server_only(find: Find) -> None:
    server = Server(url=A, username="m@example.com", password=SecretReference(env="P"), mark=MARK)
    assert find(server=server, P="from-manifest").credentials.password == "from-manifest"
    assert not find(Options(url=B), server, P="from-manifest").credentials


def test_a_fallback_key_goes_to_the_fallback_server(find: Find) -> None:
    assert find(TB_URL=A, TB_API_KEY="tb_key").credentials.api_key == "tb_key"
    assert find(PAPAYA_URL=A, TB_API_KEY="tb_key").credentials.api_key == "tb_key"
    assert not find(PAPAYA_URL=B, TB_URL=A, TB_API_KEY="tb_key").credentials
    own_first = find(TB_URL=A, TB_API_KEY="tb_key", PAPAYA_API_KEY="tb_own")
    assert own_first.credentials.api_key == "tb_own"
    assert own_first.origin("credentials") == "PAPAYA_API_KEY"


def test_the_environment_wins_over_the_file_and_the_file_over_the_manifest(find: Find) -> None:
    server = Server(url=A, username="m@example.com", password=SecretReference(env="P"), mark=MARK)
    assert find(server=server, config=config_of(A), P="x").credentials.password == "from-config"
    assert find(server=server, config=config_of(A), PAPAYA_TOKEN="t").credentials.token == "t"


def test_a_password_in_a_variable_joins_the_user_name_in_a_file_or_manifest(find: Find) -> None:
    given = {"PAPAYA_PASSWORD": "from-environment"}
    config = config_of(A, "username = c@example.com\n")
    assert find(config=config, **given).credentials.username == "c@example.com"
    server = Server(url=A, username="m@example.com", mark=MARK)
    assert find(server=server, config="[ssh]\n", **given).credentials.username == "m@example.com"
    assert find(Options(url=B), server, config="[ssh]\n", **given).credentials.username is None


def test_another_user_name_leaves_the_credentials_of_others_alone(find: Find) -> None:
    settings = find(Options(username="other@example.com"), config=config_of(A))
    assert not settings.credentials
    assert "are those of c@example.com, not of other@example.com" in settings.notes[0]


def test_the_tokens_of_a_login_come_last(find: Find, tmp_path: Path) -> None:
    TokenStore(tmp_path / "tokens.json").keep(A, StoredTokens("l@example.com", "from-login", "r"))
    settings = find(Options(url=A))
    assert (settings.credentials.token, settings.credentials.username) == ("from-login", "l@example.com")
    assert settings.origin("credentials") == "papaya login"
    assert find(Options(url=A), PAPAYA_TOKEN="t").credentials.token == "t"
    assert not find(Options(url=B)).credentials


def test_who_is_signed_in_elsewhere_is_told_where(find: Find, tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "tokens.json")
    told = []
    for url in ("https://a.example.com", "https://b.example.com"):
        store.keep(url, StoredTokens("me@example.com", "token", "refresh"))
        with pytest.raises(SettingsError, match="no server is named") as caught:
            find()
        told.append(caught.value.remedy)
    assert "signed in to https://a.example.com. To use it: --url https://a.example.com\n" in told[0]
    assert "signed in to https://a.example.com and 1 other server. " in told[1]
    assert "https://a.example.com" in find(Options(url="https://c.example.com")).notes[-1]
    assert not find(Options(url="https://b.example.com")).notes


def test_a_secret_that_is_not_there_is_no_fault_after_a_login(find: Find, tmp_path: Path) -> None:
    server = Server(url=A, username="m@example.com", password=SecretReference(env="ABSENT"), mark=MARK)
    with pytest.raises(SecretUnavailable, match="ABSENT"):
        find(server=server)
    TokenStore(tmp_path / "tokens.json").keep(A, StoredTokens("m@example.com", "from-login"))
    assert find(server=server).credentials.token == "from-login"


def test_files_are_looked_for_in_their_order(find: Find, tmp_path: Path) -> None:
    site = platformdirs.site_config_path("papaya", appauthor=False)
    user = platformdirs.user_config_path("papaya", appauthor=False)
    for place in (site, user, tmp_path / "data" / "config", tmp_path):
        place.mkdir(parents=True, exist_ok=True)
        (place / "config.properties").write_text(config_of(A))
        assert find().config_path == place / "config.properties"
    named = tmp_path / "named.properties"
    named.write_text(config_of(B))
    assert find(Options(config="named.properties")).url == B
    assert find(PAPAYA_CONFIG=str(named)).origin("config_path") == "PAPAYA_CONFIG"


def test_a_named_file_must_be_there(find: Find) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.properties, which --config names"):
        find(Options(url=A, config="nowhere.properties"))


def test_a_file_that_cannot_be_understood_is_told_with_every_line(find: Find) -> None:
    with pytest.raises(SettingsError) as caught:
        find(Options(url=A), config="[thingsboard]\n// one\n! two\n")
    assert "config.properties:2:1" in caught.value.message
    assert "config.properties:3:1" in caught.value.message
    assert caught.value.remedy == "Comments begin with # or ;."


def test_a_file_in_another_encoding_is_told_with_its_line(find: Find, tmp_path: Path) -> None:
    (tmp_path / "config.properties").write_bytes(b"[thingsboard]\nusername = J\xfcrgen\n")
    with pytest.raises(SettingsError, match=r"config\.properties:2: this is not UTF-8"):
        find(Options(url=A))


def test_a_password_that_others_can_read_is_a_warning(find: Find, tmp_path: Path) -> None:
    find(config=config_of(A))
    (tmp_path / "config.properties").chmod(0o644)
    assert [warning.remedy.split()[1] for warning in find().warnings] == ["chmod"]


def test_a_password_in_the_clear_is_a_warning_except_on_this_machine(find: Find) -> None:
    given = {"PAPAYA_API_KEY": "tb_key"}
    assert (
        "can be read by everybody" in find(Options(url="http://a.example.com"), **given).warnings[0].summary
    )
    assert find(Options(url="http://127.0.0.1:8080"), **given).warnings == ()
    assert find(Options(url="https://a.example.com"), **given).warnings == ()


def test_insecure_is_a_warning_with_its_origin(find: Find) -> None:
    assert "is not checked" in find(Options(url=A, insecure=True)).warnings[0].summary
    assert str(find(Options(url=A), PAPAYA_INSECURE="1").warnings[0].mark) == "PAPAYA_INSECURE"
    assert find(Options(url=A), PAPAYA_INSECURE="0").warnings == ()


def test_numbers_have_defaults_units_and_origins(find: Find) -> None:
    settings = find(Options(url=A))
    assert (settings.timeout, settings.retry_for, settings.concurrency) == (30.0, 60.0, 100)
    assert settings.origin("timeout") == "default"
    settings = find(Options(url=A, timeout="500ms"), PAPAYA_RETRY_FOR="2m", PAPAYA_CONCURRENCY="4")
    assert (settings.timeout, settings.retry_for, settings.concurrency) == (0.5, 120.0, 4)
    assert settings.origin("timeout") == "--timeout"
    assert settings.origin("retry_for") == "PAPAYA_RETRY_FOR"


@pytest.mark.parametrize(
    "options",
    [
        Options(timeout="soon"),
        Options(timeout="0"),
        Options(retry_for="-1"),
        Options(retry_for="2 weeks"),
        Options(concurrency="0"),
        Options(concurrency="ten"),
        Options(concurrency="1e3"),
    ],
)
def test_what_is_no_number_is_refused_with_its_origin(find: Find, options: Options) -> None:
    with pytest.raises(SettingsError, match=r"^--(timeout|retry-for|concurrency): "):
        find(options, PAPAYA_URL=A)


def test_a_switch_that_is_neither_is_refused(find: Find) -> None:
    with pytest.raises(SettingsError, match="PAPAYA_INSECURE: 'perhaps' is neither true nor false"):
        find(Options(url=A), PAPAYA_INSECURE="perhaps")


def test_the_tenant_comes_from_the_manifest(find: Find) -> None:
    settings = find(server=Server(url=A, tenant="t-1", mark=MARK))
    assert (settings.tenant, settings.origin("tenant")) == ("t-1", "fleet.yaml:5:9")


@pytest.mark.parametrize(
    ("url", "environment", "expected"),
    [
        (A, {"https_proxy": PROXY}, {"https": PROXY}),
        (A, {"HTTPS_PROXY": PROXY}, {"https": PROXY}),
        (A, {"ALL_PROXY": PROXY}, {"https": PROXY}),
        (A, {"http_proxy": PROXY}, {}),
        (A, {"https_proxy": PROXY, "no_proxy": "x, .example.com"}, {}),
        (A, {"https_proxy": PROXY, "NO_PROXY": "*"}, {}),
        ("http://127.0.0.1:1", {"http_proxy": PROXY}, {}),
    ],
)
def test_proxies_are_those_of_every_program(
    find: Find, url: str, environment: dict[str, str], expected: dict[str, str]
) -> None:
    assert find(Options(url=url), **environment).proxies == expected


def test_the_rest_of_the_file_is_found_without_a_server(tmp_path: Path) -> None:
    (tmp_path / "config.properties").write_text("[assets]\ndevice_name = PM-0001\n")
    properties = find_properties(folder=tmp_path, environment={})
    assert properties is not None
    assert properties.device_name == "PM-0001"
    assert find_properties(folder=tmp_path / "elsewhere", environment={}) is None


@pytest.mark.parametrize("section", ["thingsbord", "ThingsBoard"])
def test_a_misspelt_section_is_told_with_the_error_that_it_causes(tmp_path: Path, section: str) -> None:
    """Without it nobody would look there."""
    (tmp_path / "config.properties").write_text(f"[{section}]\nurl = http://h\n")
    with pytest.raises(SettingsError) as caught:
        find_settings(folder=tmp_path, environment={}, store_path=tmp_path / "tokens.json")
    assert f"there is no section [{section}]. Did you mean thingsboard?" in caught.value.remedy
