"""Named settings: a source names its addresses and secrets (UNION_URL, UNION_KEY); what they are is given from above."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

#: What an operator puts before a name in the environment or the env file.
PREFIX: Final = "YIZHAN_"


class MissingSettingError(LookupError):
    """A setting that a source names is not given. `name` is what the operator has to set; the message is Chinese."""

    def __init__(self, name: str) -> None:
        super().__init__(f"没有设置 {name}；请在环境变量或设置文件中补上")
        self.name = name


@dataclass(frozen=True, slots=True, repr=False)
class Named:
    """Settings by their names without the prefix. Its representation shows no value: any of them may be a secret."""

    values: Mapping[str, str]

    def text(self, name: str) -> str:
        """The setting, without surrounding blanks. Raises MissingSettingError when it is absent or empty."""
        value = self.values.get(name, "").strip()
        if not value:
            raise MissingSettingError(PREFIX + name)
        return value

    def secret(self, name: str) -> SecretStr:
        """The setting as a secret, which shows as asterisks. Raises MissingSettingError when it is absent or empty."""
        return SecretStr(self.text(name))

    def has(self, name: str) -> bool:
        """Whether the setting is given and not empty."""
        return bool(self.values.get(name, "").strip())

    def __repr__(self) -> str:
        return f"Named({', '.join(sorted(self.values))})"
