"""The unified social credit code of a host (GB 32100-2015)."""

from __future__ import annotations

import re

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from transforms.standardise.text import text
from transforms.standardise.unreadable import Unreadable

_SPREADSHEET = re.compile(r"\d(?:\.\d+)?E\+?\d+|\d{15}000(?:\.0)?", re.IGNORECASE)
_SPACING = re.compile(r"[\s\-'\"]")


def credit_code(written: str) -> str | None:
    """The valid 18-character code in capitals. Raises Unreadable: credit_code_invalid, or number_precision_lost for what a spreadsheet cut."""
    clean = text(written)
    if clean is None:
        return None
    code = _SPACING.sub("", clean).upper()
    try:
        return str(uscc.validate(code))
    except ValidationError as refused:
        raise Unreadable("number_precision_lost" if _SPREADSHEET.fullmatch(code) else "credit_code_invalid") from refused
