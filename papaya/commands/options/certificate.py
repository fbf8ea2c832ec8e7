"""The options of commands whose device shows a certificate."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

_CERTIFICATE = (
    click.option(
        "--certificate",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Sign in with this certificate (PEM), over MQTT in TLS.",
    ),
    click.option(
        "--key",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The private key of --certificate (PEM).",
    ),
)


def certificate_options(function: Function) -> Callable[..., Any]:
    """Give a command the certificate that the device shows; it receives `login`, None without one."""

    @functools.wraps(function)
    def with_login(*arguments: Any, **parameters: Any) -> Any:
        from papaya.settings.device_login import of_certificate

        certificate, key = parameters.pop("certificate"), parameters.pop("key")
        if (certificate is None) != (key is None):
            raise click.UsageError("--certificate and --key stand together")
        login = of_certificate(certificate, key) if certificate is not None else None
        return function(*arguments, login=login, **parameters)

    decorated: Callable[..., Any] = with_login
    for option in reversed(_CERTIFICATE):
        decorated = option(decorated)
    return decorated


_OWN_CERTIFICATE = (
    click.option(
        "--with-certificate", is_flag=True, help="Make a key and a certificate here, and sign in with them."
    ),
    click.option(
        "--certificate-days",
        metavar="N",
        type=click.IntRange(31, 36_500),
        default=3650,
        show_default=True,
        help="For how long that certificate is valid.",
    ),
)


def own_certificate_options(function: Function) -> Callable[..., Any]:
    """Give a command `login` and, where the device makes a certificate, `certificate_days`, else None."""

    @functools.wraps(function)
    def with_days(*arguments: Any, **parameters: Any) -> Any:
        is_made, days = parameters.pop("with_certificate"), parameters.pop("certificate_days")
        if is_made and parameters["login"] is not None:
            raise click.UsageError(
                "--with-certificate makes a certificate: leave out --certificate and --key"
            )
        return function(*arguments, certificate_days=days if is_made else None, **parameters)

    decorated: Callable[..., Any] = with_days
    for option in reversed(_OWN_CERTIFICATE):
        decorated = option(decorated)
    return certificate_options(decorated)
