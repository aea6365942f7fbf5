"""Draws a dashboard as one SVG that can be read on light and on dark ground."""

import math
from xml.sax.saxutils import escape

COLUMN, LINE, GAP = 46, 30, 8
INK = "#7a7f87"
COLOURS = ["#2f81f7", "#e3740b", "#3fb950", "#d64545", "#a371f7", "#c69a1b", "#21a5a5", "#db61a2"]
UNITS = {"s": "s", "reqps": "/s", "bytes": "B", "percentunit": "%", "short": ""}


def number(value, unit):
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    if unit == "s" and abs(value) < 1:
        return f"{value * 1000:.3g} ms"
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g} {letter}{UNITS[unit]}"
    return f"{value:.3g} {UNITS[unit]}".strip()


def name(legend, labels):
    for key, value in labels.items():
        legend = legend.replace("{{" + key + "}}", value)
    return legend.replace("{{instance}}", "")


class Picture:
    def __init__(self, width, height, title):
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" font-family="system-ui, sans-serif" font-size="11" fill="{INK}">',
            f"<title>{escape(title)}</title>",
        ]
        self.text(GAP, 22, title, 16, 600)

    def text(self, x, y, text, size=11, weight=400, anchor="start", colour=INK):
        self.parts.append(
            f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
            f'fill="{colour}">{escape(text)}</text>')

    def rectangle(self, x, y, width, height, fill="none", stroke="none"):
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}" rx="2" fill="{fill}" stroke="{stroke}" stroke-opacity="0.4"/>')

    def save(self, path):
        with open(path, "w") as file:
            file.write("\n".join(self.parts) + "\n</svg>\n")


def curves(panel, ask):
    """(name, [(second, value)]) of each series that has a value, largest last value first."""
    found = []
    for target in panel["targets"]:
        for series in ask(target["expr"]):
            points = [(float(when), float(value)) for when, value in series["values"] if math.isfinite(float(value))]
            if points:
                found.append((name(target["legendFormat"], series["metric"]), points))
    return sorted(found, key=lambda each: -each[1][-1][1])[: len(COLOURS)]


def bars(picture, series, unit, x, y, width, height):
    most = max((points[-1][1] for _, points in series), default=0) or 1
    step = min(22, height / max(1, len(series)))
    for index, (label, points) in enumerate(series):
        value = points[-1][1]
        top = y + index * step
        picture.rectangle(x + width * 0.45, top + 3, width * 0.4 * value / most, step - 6, COLOURS[index])
        picture.text(x + width * 0.44, top + step / 2 + 4, label[:26], anchor="end")
        picture.text(x + width, top + step / 2 + 4, number(value, unit), anchor="end")


def lines(picture, series, unit, x, y, width, height):
    first = min(points[0][0] for _, points in series)
    last = max(points[-1][0] for _, points in series)
    most = max(value for _, points in series for _, value in points) or 1
    legend = 14 * ((len(series) + 1) // 2)
    bottom = y + height - legend - 4
    for share in (0, 0.5, 1):
        level = bottom - share * (bottom - y)
        picture.parts.append(f'<path d="M{x + 46:.0f} {level:.1f}H{x + width:.0f}" stroke="{INK}" stroke-opacity="0.25"/>')
        picture.text(x + 42, level + 4, number(most * share, unit), 10, anchor="end")
    for index, (label, points) in enumerate(series):
        path = " ".join(
            f"{x + 46 + (when - first) / max(1, last - first) * (width - 46):.1f},{bottom - value / most * (bottom - y):.1f}"
            for when, value in points)
        picture.parts.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[index]}" stroke-width="1.5"/>')
        left, line = x + (index % 2) * width / 2, bottom + 16 + index // 2 * 14
        picture.rectangle(left, line - 8, 8, 8, COLOURS[index])
        picture.text(left + 12, line, label[:30], 10)


def dashboard(board, path, ask):
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    picture = Picture(24 * COLUMN + GAP, rows * LINE + 40, board["title"])
    for panel in board["panels"]:
        place = panel["gridPos"]
        x, y = GAP + place["x"] * COLUMN, 32 + place["y"] * LINE
        width, height = place["w"] * COLUMN - GAP, place["h"] * LINE - GAP
        if panel["type"] == "row":
            picture.text(x, y + 20, panel["title"], 13, 600)
            continue
        picture.rectangle(x, y, width, height, stroke=INK)
        picture.text(x + 8, y + 18, panel["title"], 12, 600)
        series = curves(panel, ask)
        if series:
            plot = lines if panel["type"] == "timeseries" else bars
            plot(picture, series, panel["fieldConfig"]["defaults"]["unit"], x + 8, y + 30, width - 16, height - 38)
    picture.save(path)
