"""`python -m papaya` does what the `papaya` command does."""

from papaya.cli import run

if __name__ == "__main__":
    run()
