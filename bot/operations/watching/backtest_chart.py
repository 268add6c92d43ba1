"""A picture of a backtest: newly flagged users by hour, the band in which they usually lie, and the surges."""

from itertools import pairwise
from pathlib import Path

from bot.operations.watching.backtest import Backtest, UsualHour
from bot.watch.durations import DAY, HOUR


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
    hours = _main_stretch(result.hours)
    times = [hour.start / DAY for hour in hours]
    if hours:
        axes.set_xlim(times[0], times[-1] + HOUR / DAY)
    axes.fill_between(
        times,
        [hour.low for hour in hours],
        [hour.high for hour in hours],
        color="tab:green",
        alpha=0.3,
        linewidth=0,
        label="usual (± 2 standard deviations)",
    )
    axes.plot(times, [hour.newly_flagged for hour in hours], linewidth=0.8, label="newly flagged users an hour")
    for number, surge in enumerate(result.surges):
        label = "surge" if number == 0 else None
        end = max(surge.window_end, surge.window_start + HOUR)
        axes.axvspan(surge.window_start / DAY, end / DAY, color="tab:red", alpha=0.25, label=label)
    axes.set_yscale("symlog", linthresh=10)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("UTC")
    axes.set_ylabel("users")
    axes.legend(loc="upper left")
    figure.savefig(path, format="png", dpi=110)


def _main_stretch(hours: tuple[UsualHour, ...]) -> tuple[UsualHour, ...]:
    """The hours around which most happened: a stray date years away would squeeze all the rest into a line."""
    cuts = [0, *(i for i, (a, b) in enumerate(pairwise(hours), 1) if b.start - a.start > 30 * DAY), len(hours)]
    stretches = [hours[first:last] for first, last in pairwise(cuts)]
    return max(stretches, key=lambda stretch: sum(hour.newly_flagged for hour in stretch), default=())
