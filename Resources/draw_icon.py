"""Draws GliomaRadiomics.png (run once; needs matplotlib): a brain outline with oedema, core and enhancing rim."""

from __future__ import annotations

from pathlib import Path

PIXELS = 128


def draw(path: Path) -> None:
    """Write the icon."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.patches import Circle, Ellipse

    figure = plt.figure(figsize=(1, 1), dpi=PIXELS)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 1), ylim=(0, 1))
    axes.axis("off")
    axes.add_patch(Ellipse((0.5, 0.5), 0.8, 0.94, facecolor="#d7dbe0", edgecolor="#3c4652", linewidth=2.2))
    axes.plot([0.5, 0.5], [0.07, 0.93], color="#3c4652", linewidth=1.4)
    for radius, colour in ((0.21, "#35a853"), (0.14, "#f4c20d"), (0.075, "#d93025")):
        axes.add_patch(Circle((0.66, 0.6), radius, facecolor=colour, edgecolor="none"))
    figure.savefig(path, transparent=True)
    plt.close(figure)


if __name__ == "__main__":
    draw(Path(__file__).parents[1] / "GliomaRadiomics" / "Resources" / "Icons" / "GliomaRadiomics.png")
