"""The table that a run ends with."""


class Table:
    def __init__(self):
        self._rows = [("work", "must", "measured", "met")]

    def add(self, work, must, aim, measured, unit=""):
        """A figure that must be at most `must`, better `aim`."""
        met = "yes, the aim too" if measured <= aim else "yes" if measured <= must else "NO"
        self._rows.append((work, f"≤ {must}{unit}", f"{measured:.3g}{unit}", met))

    def add_least(self, work, must, measured, unit=""):
        """A figure that must be at least `must`."""
        self._rows.append((work, f"≥ {must}{unit}", f"{measured:.3g}{unit}", "yes" if measured >= must else "NO"))

    def report(self, work, measured):
        """What is only reported."""
        self._rows.append((work, "reported", measured, ""))

    def miss(self, work, why):
        """What could not be measured."""
        self._rows.append((work, "", "not measured", why))

    def __str__(self):
        widths = [max(map(len, column)) for column in zip(*self._rows)]
        lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in self._rows]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return "\n".join(lines)
