"""Files on disk become a fleet."""
