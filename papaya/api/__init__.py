"""The REST edge: an authenticated session, reading, writing, and what each kind of entity needs."""
