"""A falling staircase as a picture: in characters, and as the numbers of an SVG. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Piece = tuple[str, str]
"""Text and its style."""

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Of a Braille pattern, by row and column."""
_CURVE, _POINT, _KNEE, _AXIS = "cyan", "bold cyan", "bold magenta", "dim"


@dataclass(frozen=True)
class Axes:
    """Points by x, from 0; y is a part of 1. The y axis starts at the tenth below the lowest point."""

    points: Sequence[Point]
    x_text: Callable[[float], str]
    y_text: Callable[[float], str]

    @property
    def most_x(self) -> float:
        return max(self.points[-1][0], 1.0)

    @property
    def least_y(self) -> float:
        return lowest_tenth([y for _, y in self.points])


def lowest_tenth(values: Sequence[float]) -> float:
    """The tenth at or below the least of them, less than 1."""
    return min(math.floor(min(values) * 10 + 1e-9) / 10, 0.9)


def percent(value: float) -> str:
    """A tick of the y axis: 62.5 %, 75 %."""
    return f"{100 * value:.4g} %"


def staircase(axes: Axes, marked: int | None, width: int, height: int, *, ascii_only: bool) -> list[list[Piece]]:
    """Lines of at most `width` characters: y axis, curve, x axis; `height` is one more than a multiple of 4. One point
    may be marked.
    """
    labels = [axes.y_text(axes.least_y + (1 - axes.least_y) * step / 4) for step in range(5)]
    margin = max(map(len, labels)) + 2
    columns = max(width - margin - 1, 16)
    canvas = _ascii(axes, columns, height) if ascii_only else _braille(axes, columns, height)
    _mark(canvas, axes, marked, ascii_only=ascii_only)
    lines: list[list[Piece]] = []
    for row in range(height):
        is_label = row * 4 % (height - 1) == 0
        label = labels[4 - row * 4 // (height - 1)] if is_label else ""
        tick = ("+" if is_label else "|") if ascii_only else ("┤" if is_label else "│")
        lines.append([(f"{label:>{margin - 1}} {tick}", _AXIS), *_pieces(canvas[row])])
    return [*lines, *_x_axis(axes, margin, columns, ascii_only=ascii_only)]


def _pieces(cells: Sequence[Piece]) -> list[Piece]:
    """Neighbours of one style as one piece."""
    found: list[Piece] = []
    for text, style in cells:
        if found and found[-1][1] == style:
            found[-1] = (found[-1][0] + text, style)
        else:
            found.append((text, style))
    return found


def _x_axis(axes: Axes, margin: int, columns: int, *, ascii_only: bool) -> list[list[Piece]]:
    corner, line, tick = ("+", "-", "+") if ascii_only else ("└", "─", "┴")
    ticks = 4 if columns >= 56 else 2
    rule = [line] * columns
    words = [" "] * columns
    for step in range(ticks + 1):
        place = round((columns - 1) * step / ticks)
        rule[place] = tick if step else line
        text = axes.x_text(axes.most_x * step / ticks) if step else "0"
        start = min(max(place - len(text) // 2, 0), columns - len(text))
        words[start : start + len(text)] = list(text)
    return [[(" " * margin + corner + "".join(rule), _AXIS)], [(" " * (margin + 1) + "".join(words).rstrip(), _AXIS)]]


# -- cells ------------------------------------------------------------------------------------------------------------


def _at(axes: Axes, x: float) -> float:
    """The cost that so much storage leaves."""
    return min(y for other, y in axes.points if other <= x)


def _share_y(axes: Axes, y: float) -> float:
    """How far down from the top, 0 to 1."""
    return (1 - y) / (1 - axes.least_y)


def _braille(axes: Axes, columns: int, height: int) -> list[list[Piece]]:
    patterns = [[0] * columns for _ in range(height)]
    wide, high = columns * 2, height * 4
    last: int | None = None
    for x in range(wide):
        y = min(round(_share_y(axes, _at(axes, axes.most_x * x / (wide - 1))) * (high - 1)), high - 1)
        for down in range(min(y, last if last is not None else y), y + 1):
            patterns[down // 4][x // 2] |= _DOTS[down % 4][x % 2]
        last = y
    return [[(chr(0x2800 + bits) if bits else " ", _CURVE if bits else "") for bits in row] for row in patterns]


def _ascii(axes: Axes, columns: int, height: int) -> list[list[Piece]]:
    cells: list[list[Piece]] = [[(" ", "")] * columns for _ in range(height)]
    last: int | None = None
    for x in range(columns):
        y = _row(axes, _at(axes, axes.most_x * x / (columns - 1)), height)
        for down in range(last + 1 if last is not None else y, y):
            cells[down][x] = ("|", _CURVE)
        cells[y][x] = ("-", _CURVE)
        last = y
    return cells


def _row(axes: Axes, y: float, height: int) -> int:
    return min(round(_share_y(axes, y) * (height - 1)), height - 1)


def _mark(canvas: list[list[Piece]], axes: Axes, marked: int | None, *, ascii_only: bool) -> None:
    """Put the points on the canvas, the marked one last so that it is seen."""
    height, columns = len(canvas), len(canvas[0])
    order = sorted(range(len(axes.points)), key=lambda number: (number == marked, number))
    for number in order:
        x, y = axes.points[number]
        row = _row(axes, y, height) if ascii_only else min(int(_share_y(axes, y) * height), height - 1)
        column = min(round(x / axes.most_x * (columns - 1)), columns - 1)
        plain, drawn, style = ("K", "◆", _KNEE) if number == marked else ("*", "●", _POINT)
        canvas[row][column] = (plain if ascii_only else drawn, style)


# -- SVG --------------------------------------------------------------------------------------------------------------

WIDTH, HEIGHT = 860, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 28, 18, 40


@dataclass(frozen=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True)
class Picture:
    """Numbers of an SVG of WIDTH by HEIGHT: the path of the curve, that of the area below, the points, the axes."""

    width: int
    height: int
    left: float
    right: float
    top: float
    bottom: float
    path: str
    area: str
    points: list[Point]
    x_ticks: list[Tick]
    y_ticks: list[Tick]


def picture(points: Sequence[Point], x_text: Callable[[float], str]) -> Picture:
    axes = Axes(points, x_text, str)
    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM

    def x_at(x: float) -> float:
        return round(_LEFT + x / axes.most_x * (right - _LEFT), 1)

    def y_at(y: float) -> float:
        return round(_TOP + _share_y(axes, y) * (bottom - _TOP), 1)

    placed = [(x_at(x), y_at(y)) for x, y in points]
    path = f"M {placed[0][0]} {placed[0][1]}" + "".join(f" H {x} V {y}" for x, y in placed[1:]) + f" H {right}"
    lines = [axes.least_y + (1 - axes.least_y) * step / 4 for step in range(5)]
    return Picture(
        width=WIDTH,
        height=HEIGHT,
        left=_LEFT,
        right=right,
        top=_TOP,
        bottom=bottom,
        path=path,
        area=f"{path} V {bottom} H {_LEFT} Z",
        points=placed,
        x_ticks=[
            Tick(x_at(axes.most_x * step / 4), x_text(axes.most_x * step / 4) if step else "0") for step in range(5)
        ],
        y_ticks=[Tick(y_at(y), percent(y)) for y in lines],
    )
