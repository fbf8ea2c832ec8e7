"""`papaya sandbox`: an embedded ThingsBoard-compatible server, until a signal ends it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.serving import end_on_signal, wait_for
from papaya.commands.announcing import announce
from papaya.errors import PapayaError

if TYPE_CHECKING:
    pass

_LOG = logging.getLogger(__name__)


class Misuse(click.UsageError):
    """Options that contradict each other; exit 64 also where no `papaya` command line stands around it."""

    exit_code = 64


@click.command("sandbox", help="Run a ThingsBoard-compatible server on this machine.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--allow-host",
    "allowed_hosts",
    metavar="NAME",
    multiple=True,
    help="Another accepted host name, besides addresses, localhost and this machine's name; repeatable.",
)
@click.option(
    "--allow-remote", is_flag=True, help="Allow an address in --host that other machines can reach."
)
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 is any free one."
)
@click.option(
    "--mqtt-port",
    # PAPAYA_MQTT_PORT says where a server speaks MQTT, to the commands that ask one.
    envvar="PAPAYA_SANDBOX_MQTT_PORT",
    type=click.IntRange(0, 65535),
    show_default="1883, with --port 0 any free one",
    help="Port for devices' MQTT; 0 is any free one.",
)
@click.option(
    "--mqtt-tls-port",
    envvar="PAPAYA_SANDBOX_MQTT_TLS_PORT",
    type=click.IntRange(0, 65535),
    help="Port for devices' MQTT in TLS, also with certificates; 0 is any free one.  [default: none]",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the data; without it, data is lost when the sandbox ends.",
)
@click.option(
    "--emulate", metavar="VERSION", help="Answer as 4.0.1, 4.2.2, 4.2.2.3, 4.3.1.3 (default) or 4.4.0."
)
@click.option("--bare", is_flag=True, help="Start with only the two default profiles.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON once the server answers.")
def command(
    host: str,
    allowed_hosts: tuple[str, ...],
    allow_remote: bool,
    port: int,
    mqtt_port: int | None,
    mqtt_tls_port: int | None,
    data: Path | None,
    emulate: str | None,
    bare: bool,
    as_json: bool,
) -> None:
    """Start the server, print its URL, and wait for SIGTERM or SIGINT."""
    try:
        from papaya import sandbox as server
        from papaya.sandbox.listening import allow_many_connections
    except ModuleNotFoundError as missing:
        raise PapayaError("the sandbox needs its extra: pip install 'papayameter[sandbox]'") from missing
    _check_reach(host, allow_remote=allow_remote)
    version = emulate or server.DEFAULT_VERSION
    if version not in server.DIALECTS:
        raise Misuse(f"the sandbox knows no version {version}: choose from {', '.join(server.DIALECTS)}")
    if mqtt_port is None:
        # Who leaves the choice of a port to the system wants to start several of these.
        mqtt_port = 1883 if port else 0
    allow_many_connections()
    sandbox = server.Sandbox(
        data=data,
        emulate=version,
        bare=bare,
        port=port,
        host=host,
        allowed_hosts=allowed_hosts,
        mqtt_port=mqtt_port,
        mqtt_tls_port=mqtt_tls_port,
        log_requests=False,
    )
    with end_on_signal() as ended:
        try:
            sandbox.start()
        except server.DatabaseBusy as busy:
            raise PapayaError(f"{busy} is in use by another process") from busy
        except server.DatabaseUnusable as unusable:
            raise PapayaError(
                str(unusable), remedy="Name another folder with --data, or move the damaged file away."
            ) from unusable
        except server.MqttPortTaken as error:
            raise _not_served(error, f"MQTT on {host}:{mqtt_port}", "--mqtt-port") from error
        except OSError as error:
            raise _not_served(error, f"on {host}:{port}", "--port") from error
        try:
            _LOG.warning(
                "this sandbox is for trying things out: its passwords are published, not for production"
            )
            announce(sandbox, version, data, as_json=as_json)
            wait_for(ended)
        finally:
            sandbox.stop()


def _not_served(error: OSError, what: str, option: str) -> PapayaError:
    reason = error.strerror or str(error)
    return PapayaError(f"cannot serve {what}: {reason} ({option} 0 takes any free port)")


def _check_reach(host: str, *, allow_remote: bool) -> None:
    """Refuse to serve others with published passwords, unless that was asked for in so many words."""
    from papaya.sandbox.hosts import is_local

    if allow_remote or is_local(host):
        return
    raise Misuse(
        f"--host {host} can be reached from other machines, and the sandbox's passwords are published: "
        "add --allow-remote if that is what you want"
    )
