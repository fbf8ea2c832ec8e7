"""The pure core: from a desired and a live `Inventory` to a `Plan`. No I/O, no clock, no environment."""
