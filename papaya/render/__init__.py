"""Plans and results as text, JSON and Markdown: pure functions from values to texts."""
