"""Bytes to text in a declared encoding. A wrong declaration is told apart from a broken file, and never guessed over."""

from __future__ import annotations

from typing import Final

from sources.kit.raw import NotAsDeclaredError, Payload

_UTF8_NAMES: Final = ("utf-8", "utf8", "utf-8-sig")
_CHINESE_NAMES: Final = ("gb18030", "gbk", "gb2312", "cp936")


def decode(payload: Payload, declared: str) -> str:
    """The text of `payload`, read in the declared encoding (utf-8 with or without BOM, gb18030 and its subsets, or any Python codec).

    Raises NotAsDeclaredError where the bytes are not in that encoding, and names the one they are in when it can be told: bytes that decode
    as UTF-8 and hold more than ASCII are UTF-8 (by chance, Chinese text in GB18030 does so for a few characters at most).
    """
    name = declared.lower()
    if name in _UTF8_NAMES:
        return _utf8(payload, declared)
    if name in _CHINESE_NAMES:
        return _chinese(payload, declared)
    try:
        return payload.content.decode(declared)
    except LookupError:
        raise NotAsDeclaredError(f"{payload.label}：声明的编码“{declared}”不存在；请改为 UTF-8 或 GB18030") from None
    except UnicodeDecodeError as broken:
        raise NotAsDeclaredError(_broken(payload, declared, broken.start)) from None


def _utf8(payload: Payload, declared: str) -> str:
    try:
        return payload.content.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        if _decodes(payload.content, "gb18030"):
            raise NotAsDeclaredError(f"{payload.label}：声明的编码是 {declared}，内容实为 GB18030；请改正声明或另存为 UTF-8") from None
        raise NotAsDeclaredError(_broken(payload, declared, broken.start)) from None


def _chinese(payload: Payload, declared: str) -> str:
    if not payload.content.isascii() and _decodes(payload.content, "utf-8"):
        raise NotAsDeclaredError(f"{payload.label}：声明的编码是 {declared}，内容实为 UTF-8；请改正声明或另存为 {declared}")
    try:
        # GB18030 contains GBK and GB2312, and owners who write the latter mean the former
        return payload.content.decode("gb18030")
    except UnicodeDecodeError as broken:
        raise NotAsDeclaredError(_broken(payload, declared, broken.start)) from None


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _broken(payload: Payload, declared: str, at: int) -> str:
    return f"{payload.label}：第 {at + 1} 个字节起不是有效的 {declared} 文字，文件可能损坏；请重新导出"
