"""Keeps the rows of a Markdown table between runs of a script, so that it can compare some networks at a time."""

import os


class Table:
    """A table in the file PATH, with one row for each name, in the order of names."""

    def __init__(self, path, heading, columns, names):
        self.path, self.heading, self.columns, self.names = path, heading, columns, names
        self.rows = {}
        if not os.path.exists(path):
            return
        with open(path) as file:
            for line in file:
                name, *cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
                if name in names and len(cells) == len(columns) - 1:
                    self.rows[name] = cells

    def set(self, name, cells):
        """Puts the row in, and writes the file."""
        self.rows[name] = cells
        print("| " + " | ".join((name, *cells)) + " |", flush=True)
        missing = [name for name in self.names if name not in self.rows]
        lines = [self.heading, "", row(self.columns), "|" + ":--|" * len(self.columns)]
        lines += [row((name, *self.rows[name])) for name in self.names if name in self.rows]
        if missing:
            lines += ["", f"Not compared: {', '.join(missing)}."]
        with open(self.path, "w") as file:
            file.write("\n".join(lines) + "\n")


def row(cells):
    return "| " + " | ".join(cells) + " |"
