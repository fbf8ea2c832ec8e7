"""How commands print what several of them print."""
