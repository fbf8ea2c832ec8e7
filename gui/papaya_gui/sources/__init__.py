"""Where readings come from: each source in threads of its own, so that none ever blocks the window."""
