"""Pictures of a report and of our own pages: SVG. Prefect's pages show it as an image inside Markdown, and nothing else that is drawn."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape

#: Sizes in pixels: a bar with its gap, the height of the bars, and the room for words above and below them.
_STEP, _HEIGHT, _ABOVE, _BELOW = 20, 80, 34, 18

#: Few bars are wide ones: below them the first and the last label stand side by side, with room for a date each.
_LABELS = 140
_LEAST_WIDTH, _LINE_WIDTH = 420, 520

#: A bar that needs nobody, and one that does. Told apart by lightness too, for who sees no colours.
_PLAIN, _LOUD = "#7a94b8", "#b3261e"


def bars(title: str, values: Sequence[tuple[str, int]]) -> str:
    """A bar chart: a bar a value (label, count ≥ 0), the count above it; labels under the first and the last."""
    most = max((count for _, count in values), default=0) or 1
    step = max(_STEP, _LABELS // max(len(values), 2))
    width = max(_LEAST_WIDTH, step * len(values) + 20)
    drawn = []
    for at, (_, count) in enumerate(values):
        length = round(_HEIGHT * count / most)
        x, y = 10 + at * step, _ABOVE + _HEIGHT - length
        drawn.append(f'<rect x="{x}" y="{y}" width="{step - 4}" height="{max(length, 1)}" fill="{_PLAIN}"/>')
        drawn.append(f'<text x="{x + (step - 4) / 2}" y="{y - 2}" font-size="9" text-anchor="middle">{count}</text>')
    if values:
        base = _ABOVE + _HEIGHT + 14
        drawn.append(f'<text x="10" y="{base}" font-size="10">{escape(values[0][0])}</text>')
        if len(values) > 1:
            drawn.append(f'<text x="{10 + len(values) * step}" y="{base}" font-size="10" text-anchor="end">{escape(values[-1][0])}</text>')
    return _image(title, drawn, width, _ABOVE + _HEIGHT + _BELOW)


def rows_of_bars(title: str, values: Sequence[tuple[str, int]], *, loud_from: int) -> str:
    """A chart with a line a value: its label, a bar, and the count. Bars of at least `loud_from` stand out."""
    most = max((count for _, count in values), default=0) or 1
    drawn = []
    for at, (label, count) in enumerate(values):
        y = _ABOVE + at * _STEP
        colour = _LOUD if count >= loud_from else _PLAIN
        drawn.append(f'<text x="10" y="{y + 11}" font-size="12">{escape(label)}</text>')
        drawn.append(f'<rect x="220" y="{y}" width="{max(round(240 * count / most), 1)}" height="{_STEP - 6}" fill="{colour}"/>')
        drawn.append(f'<text x="{226 + round(240 * count / most)}" y="{y + 11}" font-size="11">{count}</text>')
    return _image(title, drawn, _LINE_WIDTH, _ABOVE + _STEP * len(values) + 6)


def _image(title: str, drawn: Sequence[str], width: int, height: int) -> str:
    """An image with a title above what is drawn."""
    head = f'<text x="10" y="16" font-size="13" font-weight="bold">{escape(title)}</text>'
    size = f'width="{width}" height="{height}"'
    told = f'role="img" aria-label="{escape(title)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {told} font-family="sans-serif"><rect {size} fill="#fff"/>{head}{"".join(drawn)}</svg>'


def in_markdown(title: str, svg: str) -> str:
    """The picture as Markdown shows it."""
    return f"![{title}](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"
