"""Sources of readings: each runs in its own threads, so that none blocks the window."""
