"""The server: HTTP and MQTT on one event loop in one thread, SQLite beside it."""

from __future__ import annotations

import asyncio
import errno
import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, TypeVar

from papaya.sandbox.devices import rpc_records
from papaya.sandbox.devices.activity import watch_activity
from papaya.sandbox.devices.receiving import react, watch_time
from papaya.sandbox.dialect import DEFAULT_VERSION, DIALECTS
from papaya.sandbox.edge import Fault, Hook, Watch, make_server
from papaya.sandbox.hosts import KnownHosts
from papaya.sandbox.listening import Places, bound_socket, listen, stop_listening
from papaya.sandbox.mqtt.server import MqttPortTaken, MqttServer
from papaya.sandbox.mqtt.tls import make_certificate, tls_context
from papaya.sandbox.pacing import Pace
from papaya.sandbox.store import seed, tokens
from papaya.sandbox.store.allowances import read_allowances
from papaya.sandbox.store.core import (
    DEVICE_CALL_SECONDS,
    RPC_FLOOR,
    UNANSWERED_SECONDS,
    Answerer,
    Core,
    Lifetimes,
)
from papaya.sandbox.store.database import Store
from papaya.sandbox.store.limits import Limits
from papaya.sandbox.store.users import CUSTOMER_USER, TENANT_ADMIN, add_user
from papaya.sandbox.unforeseen import go_on, tell

__all__ = ["Fault", "MqttPortTaken", "Sandbox"]

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")


def _tell_fault(places: Places, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log asyncio's unhandled errors in one line, and seldom the error that no files are left."""
    fault = context.get("exception")
    if isinstance(fault, OSError) and fault.errno in (errno.EMFILE, errno.ENFILE):
        places.complain()
    elif isinstance(fault, BaseException):
        tell(_LOG, str(context["message"]), fault)
    else:
        _LOG.warning("%s", context["message"])


class Sandbox:
    """An embedded ThingsBoard-compatible server; use it as a context manager.

    Everything that touches the store runs in the server's own thread: that is what makes exactly
    one of many simultaneous creators win.
    """

    username = seed.TENANT_EMAIL
    password = seed.TENANT_PASSWORD

    def __init__(
        self,
        data: Path | None = None,
        emulate: str = DEFAULT_VERSION,
        *,
        bare: bool = False,
        port: int = 0,
        host: str = "127.0.0.1",
        allowed_hosts: Iterable[str] = (),
        mqtt_port: int | None = 0,
        mqtt_tls_port: int | None = None,
        max_devices: int = 0,
        max_assets: int = 0,
        access_token_seconds: float = Lifetimes().access,
        refresh_token_seconds: float = Lifetimes().refresh,
        rpc_timeout_floor: float = RPC_FLOOR,
        device_call_seconds: float = DEVICE_CALL_SECONDS,
        unanswered_seconds: float = UNANSWERED_SECONDS,
        activity_check_seconds: float = 60.0,
        pace: Pace = Pace(),  # noqa: B008 - frozen
        log_requests: bool = True,
    ) -> None:
        if emulate not in DIALECTS:
            raise ValueError(f"no version {emulate}: known are {', '.join(DIALECTS)}")
        self._data, self._bare, self._host, self._asked_port = data, bare, host, port
        self._hosts = KnownHosts((host, *allowed_hosts))
        self._dialect = DIALECTS[emulate]
        self._limits = Limits({"DEVICE": max_devices, "ASSET": max_assets})
        self._lifetimes = Lifetimes(access_token_seconds, refresh_token_seconds)
        self._rpc_floor = rpc_timeout_floor
        self._device_call_seconds = device_call_seconds
        self._unanswered_seconds = unanswered_seconds
        self._asked_mqtt_port, self._mqtt_port = mqtt_port, 0
        self._asked_tls_port, self._tls_port = mqtt_tls_port, 0
        self._certificates: TemporaryDirectory[str] | None = None
        self._ca_file: Path | None = None
        self._activity_check, self._pace = activity_check_seconds, pace
        self._watch = Watch(log=log_requests)
        self._ready: Future[int] = Future()
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._core: Core | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The address to give to clients, without a slash at its end."""
        return self._address("http", self._port)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._port

    @property
    def mqtt_url(self) -> str | None:
        """The address to give to devices; None without MQTT."""
        if self._asked_mqtt_port is None:
            return None
        return self._address("mqtt", self._mqtt_port)

    @property
    def mqtts_url(self) -> str | None:
        """The address to give to devices that speak TLS; None where it is not served."""
        return self._address("mqtts", self._tls_port) if self._asked_tls_port is not None else None

    @property
    def mqtt_tls_port(self) -> int:
        """The port that devices connect to in TLS, 0 without."""
        return self._tls_port

    @property
    def ca_file(self) -> Path | None:
        """The certificate that devices have to trust to speak TLS."""
        return self._ca_file

    def _address(self, scheme: str, port: int) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{scheme}://{host}:{port}"

    @property
    def mqtt_port(self) -> int:
        """The port that devices connect to, 0 without MQTT."""
        return self._mqtt_port

    @property
    def requests(self) -> list[tuple[str, str, int]]:
        """Method, path with query, and status of every request so far."""
        return self._watch.requests

    @property
    def before_reply(self) -> Hook | None:
        """What is asked, for method and path of each request, whether to spoil its answer."""
        return self._watch.before_reply

    @before_reply.setter
    def before_reply(self, hook: Hook | None) -> None:
        self._watch.before_reply = hook

    @property
    def rpc_timeout_floor(self) -> float:
        """How long an RPC waits at least, in seconds."""
        return self._rpc_floor

    @property
    def tenant_id(self) -> str:
        """The id of the only tenant."""
        return self._running().tenant_id

    def users(self) -> list[tuple[str, str, str]]:
        """Return e-mail, password and authority of the users of a new sandbox."""
        known = list(seed.USERS)
        return [user for user in known if user[2] != CUSTOMER_USER] if self._bare else known

    def __enter__(self) -> Sandbox:
        """Start, and return once requests are answered."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, whatever happened."""
        self.stop()

    def start(self) -> None:
        """Start the server's thread; raises what kept it from listening."""
        self._thread = threading.Thread(target=self._run, name="papaya-sandbox", daemon=True)
        self._thread.start()
        self._port = self._ready.result()

    def stop(self) -> None:
        """Finish open requests shortly and close the database."""
        if self._loop is not None and self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
        if self._certificates is not None:
            self._certificates.cleanup()

    def answer_device_calls(self, answer: Answerer | None) -> None:
        """Let a function of device name, method and parameters answer what devices call.

        It runs in the server's thread, in place of a rule chain. Without it such requests time out, as on a
        new server.
        """

        def change(core: Core) -> None:
            core.answer_device = answer

        self._inside(change)

    def limit_rate(self, capacity: int | None, seconds: float = 1.0) -> None:
        """Allow the tenant `capacity` requests in `seconds`; None lifts the limit."""
        self._inside(lambda core: core.rate_limit.set(capacity, seconds))

    def limit_entities(self, devices: int = 0, assets: int = 0, **others: int) -> None:
        """Set how many devices and assets the tenant may have; 0 is unlimited.

        Others are named by their entity type, `DASHBOARD=2`; `OTA_PACKAGE_bytes=1000` limits their size.
        """
        named = {"DEVICE": devices, "ASSET": assets, **others}
        sizes = {name.removesuffix("_bytes"): named.pop(name) for name in others if name.endswith("_bytes")}

        def change(core: Core) -> None:
            core.limits = replace(core.limits, entities=named, bytes=sizes)

        self._inside(change)

    def add_customer_user(self, customer_id: str, email: str, password: str) -> str:
        """Create a user of a customer, for which the server itself wants an activation mail."""
        return self._add_user(email, password, CUSTOMER_USER, customer_id)

    def add_tenant_administrator(self, email: str, password: str) -> str:
        """Create a second administrator of the tenant."""
        return self._add_user(email, password, TENANT_ADMIN, None)

    def _add_user(self, email: str, password: str, authority: str, customer_id: str | None) -> str:
        def add(core: Core) -> str:
            with core.store.transaction():
                return add_user(core, email, password, authority, customer_id=customer_id)

        return self._inside(add)

    def _running(self) -> Core:
        if self._core is None:
            raise RuntimeError("the sandbox is not running")
        return self._core

    def _inside(self, action: Callable[[Core], _T]) -> _T:
        """Run an action in the server's thread and return what it returns."""
        core, loop = self._running(), self._loop
        if loop is None:
            raise RuntimeError("the sandbox is not running")

        async def run() -> _T:
            return action(core)

        return asyncio.run_coroutine_threadsafe(run(), loop).result()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as fault:
            if self._ready.done():
                _LOG.exception("the sandbox stopped")
            else:
                self._ready.set_exception(fault)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        with Store(self._data) as store:
            self._core = core = self._open(store)
            places = Places()
            self._loop.set_exception_handler(partial(_tell_fault, places))
            server = make_server(core, self._watch, self._hosts, self._pace, places)
            bound = bound_socket(self._host, self._asked_port)
            make = partial(self._loop.create_server, server, sock=bound)
            listening = await listen(bound, lambda backlog: make(backlog=backlog))
            mqtt = MqttServer(core, places)
            if self._asked_mqtt_port is not None:
                try:
                    self._mqtt_port = core.mqtt_port = await mqtt.start(self._host, self._asked_mqtt_port)
                except OSError:
                    listening.close()
                    raise
            if self._asked_tls_port is not None:
                try:
                    await self._serve_tls(mqtt, self._asked_tls_port)
                except OSError:
                    listening.close()
                    await mqtt.stop()
                    raise
            rpc_records.resume(core)
            watching = [
                asyncio.create_task(go_on(_LOG, watch.__name__, partial(watch, core, self._activity_check)))
                for watch in (watch_activity, watch_time)
            ]
            watching.append(asyncio.create_task(server.watch()))
            self._ready.set_result(listening.sockets[0].getsockname()[1])
            await self._stop.wait()
            for watch in watching:
                watch.cancel()
            await stop_listening(listening)
            await mqtt.stop()
            server.pre_shutdown()
            await server.shutdown(0.2)
            core.writes.flush()

    async def _serve_tls(self, mqtt: MqttServer, port: int) -> None:
        folder = self._data
        if folder is None:
            self._certificates = TemporaryDirectory(prefix="papaya-sandbox-")
            folder = Path(self._certificates.name)
        own, self._ca_file = make_certificate(folder, self._host)
        self._tls_port = await mqtt.start_tls(self._host, port, tls_context(own))

    def _open(self, store: Store) -> Core:
        with store.transaction():
            tenant_id, key = seed.prepare_identity(store)
            core = Core(
                store=store,
                dialect=self._dialect,
                tenant_id=tenant_id,
                signing_key=key,
                lifetimes=self._lifetimes,
                limits=self._limits,
                rpc_timeout_floor=self._rpc_floor,
                device_call_seconds=self._device_call_seconds,
                unanswered_seconds=self._unanswered_seconds,
                reaction=react,
            )
            seed.plant(core, bare=self._bare)
            tokens.forget_old_sessions(core)
            read_allowances(core)
        return core
