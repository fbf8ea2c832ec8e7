"""The widgets of the window: they draw what the models say, and hold no data of their own."""
