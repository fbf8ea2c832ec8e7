"""Still to come."""

from papaya.sandbox.routing import Route

ROUTES: tuple[Route, ...] = ()
