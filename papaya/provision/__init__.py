"""One device on its own hardware: its position, its entry on the server, its token, its telemetry."""
