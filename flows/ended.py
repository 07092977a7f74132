"""A run that ended as it was told to, a refusal or a rejected night, is no fault of Prefect's engine: its log has the sentence, and no traceback of ours."""

from __future__ import annotations

import logging
from typing import Final

from prefect.exceptions import FailedRun

#: Where the process of a run says that it did not end well.
_ENGINE: Final = "prefect.engine"


def told_without_traceback() -> None:
    """Let the engine say nothing of states that a flow returned: the state says it, to whoever looks at the run."""
    logging.getLogger(_ENGINE).addFilter(_is_no_ending)


def _is_no_ending(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], FailedRun))
