"""Line drawings of the leaflet as SVG: the six steps, and one hundred figures to count.

Own drawings. Shape tells what colour tells: cement is hatched, counted figures are filled.
"""

from vertaug.case.plan import Procedure

_INK, _BONE, _SKIN, _CEMENT = "#1d2733", "#f3ead6", "#f6dcc8", "#3a4659"
_BALLOON, _BEAM = "#e39b3f", "#5b7f9e"
_COLUMNS, _ROWS = 20, 5
_FIGURE_WIDTH, _FIGURE_HEIGHT = 6, 11

_LINE = f'fill="none" stroke="{_INK}" stroke-width="1.6" stroke-linecap="round"'
_JOIN = f'stroke="{_INK}" stroke-width="1.6" stroke-linejoin="round"'

_VERTEBRA = (
    '<path d="M12,36 Q32,33 50,25 L60,25 Q62,15 69,15 Q75,17 74,28 L98,40 Q101,52 95,55 L76,47 '
    'Q76,62 70,63 Q65,61 65,47 Q64,42 54,41 L50,42 L50,58 Q32,55 14,58 Q17,47 12,36 Z" '
    f'fill="{_BONE}" {_JOIN}/>'
)
_SKIN_LINE = f'<path d="M112,4 Q118,36 112,68" {_LINE}/>'
_NEEDLE = (
    f'<path d="M{{tip}},41 L126,24" stroke="{_INK}" stroke-width="3.2" stroke-linecap="round"/>'
    f'<path d="M{{tip}},41 L126,24" stroke="#dfe6ec" stroke-width="1.2" stroke-linecap="round"/>'
    f'<rect x="124" y="16" width="8" height="14" rx="2" fill="#dfe6ec" {_JOIN}/>'
)
_HATCH = (
    '<defs><pattern id="cement-{name}" width="4" height="4" patternUnits="userSpaceOnUse">'
    f'<rect width="4" height="4" fill="{_CEMENT}"/>'
    '<path d="M0,4 L4,0" stroke="#ffffff" stroke-width="0.7"/></pattern></defs>'
)
_BLOB = (
    '<path d="M18,43 Q24,36 33,38 Q44,38 45,46 Q43,54 33,52 Q22,54 18,43 Z" '
    f'fill="url(#cement-{{name}})" {_JOIN}/>'
)
_PLASTER = (
    f'<rect x="106" y="26" width="13" height="20" rx="3" fill="#f7f3ea" {_JOIN}/>'
    f'<rect x="109" y="32" width="7" height="8" fill="#d9d0bd" stroke="{_INK}" stroke-width="0.8"/>'
)


def _lie() -> str:
    """Return a person face down on a table."""
    return (
        f'<rect x="6" y="54" width="124" height="6" rx="2" fill="#d8dee4" {_JOIN}/>'
        f'<path d="M24,60 L20,70 M112,60 L116,70" {_LINE}/>'
        f'<rect x="40" y="46" width="14" height="8" rx="3" fill="#b9c7d3" {_JOIN}/>'
        f'<rect x="74" y="46" width="14" height="8" rx="3" fill="#b9c7d3" {_JOIN}/>'
        f'<path d="M34,46 Q36,33 52,35 Q72,38 92,39 L124,46 Q128,50 123,53 L92,49 Q64,48 40,48 Z" '
        f'fill="{_SKIN}" {_JOIN}/>'
        f'<circle cx="24" cy="43" r="9" fill="{_SKIN}" {_JOIN}/>'
        f'<path d="M40,48 Q26,52 14,52" {_LINE}/>'
    )


def _numb() -> str:
    """Return a syringe at the skin of the back."""
    return (
        f"{_VERTEBRA}{_SKIN_LINE}"
        f'<path d="M104,38 L120,33" stroke="{_INK}" stroke-width="1.4"/>'
        f'<path d="M119,27 L136,21 L139,31 L122,37 Z" fill="#cfe0ec" {_JOIN}/>'
        f'<path d="M137,26 L146,23 M145,17 L149,29" {_LINE}/>'
        f'<circle cx="99" cy="40" r="1.6" fill="{_BEAM}"/><circle cx="95" cy="35" r="1.6" '
        f'fill="{_BEAM}"/><circle cx="102" cy="32" r="1.6" fill="{_BEAM}"/>'
    )


def _guide() -> str:
    """Return a needle in the bone under the X-ray."""
    beam = f'stroke="{_BEAM}" stroke-width="1.1" stroke-dasharray="3 3"'
    return (
        f'<rect x="22" y="1" width="22" height="8" rx="2" fill="#c9d6e0" {_JOIN}/>'
        f'<path d="M26,9 L10,66 M40,9 L58,66" fill="none" {beam}/>'
        f"{_VERTEBRA}{_SKIN_LINE}{_NEEDLE.format(tip=44)}"
    )


def _check() -> str:
    """Return two screens with the tip of the needle."""
    side = (
        f'<rect x="4" y="8" width="62" height="46" rx="3" fill="#26303b" {_JOIN}/>'
        '<path d="M14,26 L36,22 L36,42 L14,42 Z" fill="#8b98a5"/>'
        '<path d="M36,26 L52,30 L58,40" fill="none" stroke="#8b98a5" stroke-width="5"/>'
        '<path d="M28,32 L62,22" stroke="#ffffff" stroke-width="2"/>'
        f'<path d="M35,54 L35,62 M24,62 L46,62" {_LINE}/>'
    )
    front = (
        f'<rect x="76" y="8" width="62" height="46" rx="3" fill="#26303b" {_JOIN}/>'
        '<path d="M88,20 L126,20 L124,44 L90,44 Z" fill="#8b98a5"/>'
        '<ellipse cx="97" cy="29" rx="4" ry="6" fill="#5d6975"/>'
        '<ellipse cx="117" cy="29" rx="4" ry="6" fill="#5d6975"/>'
        '<path d="M103,34 L88,24" stroke="#ffffff" stroke-width="2"/>'
        f'<path d="M107,54 L107,62 M96,62 L118,62" {_LINE}/>'
    )
    return side + front


def _balloon() -> str:
    """Return a balloon that lifts the upper face of the bone."""
    return (
        f"{_VERTEBRA}{_SKIN_LINE}{_NEEDLE.format(tip=44)}"
        f'<ellipse cx="33" cy="45" rx="13" ry="8" fill="{_BALLOON}" {_JOIN}/>'
        f'<path d="M28,42 Q32,39 37,41" fill="none" stroke="#ffffff" stroke-width="1.4"/>'
        f'<path d="M24,31 L24,22 M20,26 L24,21 L28,26" {_LINE}/>'
    )


def _fill() -> str:
    """Return cement going in."""
    return f"{_VERTEBRA}{_SKIN_LINE}{_HATCH}{_BLOB}{_NEEDLE.format(tip=44)}"


def _out() -> str:
    """Return the bone with hard cement and a plaster on the skin."""
    return f"{_VERTEBRA}{_HATCH}{_BLOB}{_SKIN_LINE}{_PLASTER}"


def draw_steps(procedure: Procedure) -> tuple[str, ...]:
    """Return the six steps of a procedure as SVG."""
    fourth = _balloon() if procedure is Procedure.KYPHOPLASTY else _check()
    drawn = (_lie(), _numb(), _guide(), fourth, _fill(), _out())
    return tuple(_svg(part, f"step-{number}") for number, part in enumerate(drawn, start=1))


def _svg(body: str, name: str) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 152 72">'
        f"{body.replace('{name}', name)}</svg>"
    )


def draw_chance(count: int) -> str:
    """Return one hundred small people as SVG, the first ``count`` filled, 20 in a row."""
    figures = []
    for number in range(_COLUMNS * _ROWS):
        row, column = divmod(number, _COLUMNS)
        x = column * _FIGURE_WIDTH + _FIGURE_WIDTH / 2
        y = row * _FIGURE_HEIGHT
        filled = number < count
        look = f'fill="{_INK}"' if filled else 'fill="#ffffff"'
        figures.append(
            f'<g {look} stroke="{_INK}" stroke-width="0.45">'
            f'<circle cx="{x:g}" cy="{y + 2.2:g}" r="1.5"/>'
            f'<path d="M{x - 2:g},{y + 9.6:g} v-3.2 q0,-2.2 2,-2.2 q2,0 2,2.2 v3.2 z"/></g>'
        )
    width, height = _COLUMNS * _FIGURE_WIDTH, _ROWS * _FIGURE_HEIGHT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f"{''.join(figures)}</svg>"
    )
