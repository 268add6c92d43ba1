"""A picture of a backtest: newly flagged users by hour, the band in which they usually lie, and the surges."""

from pathlib import Path

from bot.operations.backtest import Backtest
from bot.watch.scan.span import DAY, HOUR


class ChartUnavailableError(RuntimeError):
    """matplotlib is not installed; it comes with the extra named chart."""


def draw_chart(result: Backtest, path: Path) -> None:
    """Write a PNG. ChartUnavailableError without matplotlib; OSError when the file can't be written."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 -- large, and only for this
        from matplotlib.figure import Figure  # noqa: PLC0415 -- as above
    except ImportError:
        raise ChartUnavailableError("a chart needs matplotlib: install countersign[chart]") from None
    figure = Figure(figsize=(14, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.xaxis_date()  # matplotlib counts days since 1970, UTC
    times = [hour.start / DAY for hour in result.hours]
    axes.fill_between(
        times,
        [hour.low for hour in result.hours],
        [hour.high for hour in result.hours],
        color="tab:green",
        alpha=0.3,
        linewidth=0,
        label="usual (± 2 standard deviations)",
    )
    axes.plot(times, [hour.newly_flagged for hour in result.hours], linewidth=0.8, label="newly flagged users an hour")
    for number, surge in enumerate(result.surges):
        label = "surge" if number == 0 else None
        end = max(surge.window_end, surge.window_start + HOUR)
        axes.axvspan(surge.window_start / DAY, end / DAY, color="tab:red", alpha=0.25, label=label)
    axes.set_yscale("symlog", linthresh=10)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("UTC")
    axes.set_ylabel("users")
    axes.legend(loc="upper left")
    figure.savefig(path, format="png", dpi=110)
