"""A staircase in characters, exactly."""

from __future__ import annotations

from dbopt.output.chart import Axes, picture, staircase

POINTS = [(0.0, 1.0), (25.0, 0.5), (100.0, 0.2)]


def drawn(points: list[tuple[float, float]], marked: int | None, width: int, height: int, *, ascii_only: bool) -> str:
    axes = Axes(points, lambda x: f"{x:.0f} MB", lambda y: f"{100 * y:.0f} %")
    lines = staircase(axes, marked, width, height, ascii_only=ascii_only)
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)


def test_in_plain_characters() -> None:
    assert drawn(POINTS, 1, 40, 9, ascii_only=True) == PLAIN


def test_in_braille() -> None:
    assert drawn(POINTS, 1, 40, 9, ascii_only=False) == BRAILLE


def test_no_line_is_wider_than_asked() -> None:
    for width in (40, 80, 140):
        for ascii_only in (False, True):
            lines = drawn(POINTS, None, width, 17, ascii_only=ascii_only).splitlines()
            assert max(map(len, lines)) == width


def test_plain_means_ascii() -> None:
    assert drawn(POINTS, 1, 80, 17, ascii_only=True).isascii()


def test_the_marked_point_is_on_top_of_the_others() -> None:
    close = [(0.0, 1.0), (0.1, 0.9), (0.2, 0.89), (100.0, 0.2)]
    assert "K" in drawn(close, 1, 40, 9, ascii_only=True)


def test_the_picture_has_each_point_and_stays_within_its_frame() -> None:
    found = picture(POINTS, lambda x: f"{x:.0f}")
    assert len(found.points) == 3
    assert all(found.left <= x <= found.right and found.top <= y <= found.bottom for x, y in found.points)
    assert found.path.startswith(f"M {found.left}.0 {found.top}.0 H ")
    assert [tick.text for tick in found.x_ticks] == ["0", "25", "50", "75", "100"]
    assert [tick.text for tick in found.y_ticks] == ["20 %", "40 %", "60 %", "80 %", "100 %"]


PLAIN = """\
 100 % +*-------
       |        |
  80 % +        |
       |        |
  60 % +        |
       |        K----------------------
  40 % +                               |
       |                               |
  20 % +                               *
       +----------------+--------------+
        0             50 MB       100 MB"""
BRAILLE = """\
 100 % ┤●⠉⠉⠉⠉⠉⠉⠉⡇
       │        ⡇
  80 % ┤        ⡇
       │        ⡇
  60 % ┤        ⡇
       │        ◆⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⢤
  40 % ┤                               ⢸
       │                               ⢸
  20 % ┤                               ●
       └────────────────┴──────────────┴
        0             50 MB       100 MB"""
