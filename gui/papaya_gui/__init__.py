"""The desktop window of papaya: the sensors of a fleet, live. It imports papaya, never the reverse.

models    displayed data, as values and numpy columns; no Qt
sources   sources of readings, each in its own thread; no Qt
plots     curves over time
views     every other widget, and the window that holds them
station   everything that lives while a fleet is open, and the interval at which views are refreshed
"""
