"""REST endpoints, and the way from a request to a reply."""
