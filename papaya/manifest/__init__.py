"""The manifest: from text to a checked `Fleet`. No I/O here: texts come in, values and diagnostics go out."""
