"""That a form came over our own page, whose proxy knows who sits there: a seal of the proxy's secret over the form, which Prefect carries as a tag and cannot make."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from typing import Any, Final

#: What a seal's tag begins with.
_TAG: Final = "vouched:"


def seal_of(secret: str, action: str, form: Mapping[str, Any]) -> str:
    """The tag that vouches for the name in the form."""
    told = f"{action}\n{json.dumps(form, ensure_ascii=False, sort_keys=True)}"
    return _TAG + hmac.new(secret.encode(), told.encode(), hashlib.sha256).hexdigest()


def is_vouched(secret: str | None, action: str, form: object, tags: Collection[str]) -> bool:
    """Whether one of the run's tags is the seal of this very form."""
    return secret is not None and isinstance(form, Mapping) and any(hmac.compare_digest(seal_of(secret, action, form), tag) for tag in tags)
