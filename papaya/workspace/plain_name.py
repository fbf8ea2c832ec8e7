"""Names that people give, in the letters that names of a manifest may have."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# What a person writes where the letter is missing on the keyboard; other letters lose their accents.
_SPELLED: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss",
     "æ": "ae", "Æ": "Ae", "ø": "oe", "Ø": "Oe", "å": "aa", "Å": "Aa", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D"}
)  # fmt: skip


def plain_name(text: str) -> str:
    """Return a name in ASCII letters, digits, dots, dashes and underscores; empty where nothing is left."""
    spelled = unicodedata.normalize("NFC", text).translate(_SPELLED)
    letters = unicodedata.normalize("NFKD", spelled)
    kept = "".join(sign for sign in letters if not unicodedata.combining(sign))
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", kept).strip("-.")
