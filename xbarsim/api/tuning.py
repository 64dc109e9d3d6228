"""Settings of a learning rule, searched on training samples that are held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base import checks
from ..base.arguments import arguments, optional, several, text, whole
from ..base.errors import LayoutError, nearest
from ..base.files import write_text
from ..base.table import Table
from ..data_sets.data_set import Dataset
from ..describe.layout import Layout
from ..describe.words import in_words
from ..study import space
from ..study.asking import WAYS, way_of
from ..study.tuned import Plan, Search, Setting, Tuned, held_out_of
from ..study.tuning import tune_rule
from .given import STUDY, Listener, Stop, data_of, folder_of, layout_of, never, seeds_of, silent, stopped, workers_of
from .outcome import Outcome

BUDGET, FINALISTS, CONFIRM, ITERATIONS, AT_ONCE = 24, 3, 3, 12_000, 4


@dataclass(frozen=True, repr=False)
class Tuning(Outcome):
    """What a search for better settings came to.

    Attributes
    ----------
    tuned : Tuned
        All settings that were tried, the best of them, and what other seeds say of it.
    plan : Plan
        How it was searched.
    title : str
        Of the figure.

    Examples
    --------
    >>> import xbarsim
    >>> layout = xbarsim.Layout.of(layers=(2, 2), dataset="two-pixels", n_max=9)
    >>> found = xbarsim.tune(layout, ["softmax_scale=log:0.5:5"], budget=2, iterations=20, confirm=1, held_out=1)
    >>> [row["setting"] for row in found.table], found.best.network.layers
    ([0, 1, 2], (2, 2))
    """

    tuned: Tuned
    plan: Plan
    title: str

    @property
    def best(self) -> Layout:
        """The layout with the best setting; as it was, if none is better with other seeds, too."""
        return self.tuned.layout

    @property
    def table(self) -> Table:
        """One line per setting; 0 is the layout as it was. Accuracies are held-out ones, fractions."""
        keys = tuple(self.tuned.search.space)
        names = ("accuracy", "accuracy_least", "accuracy_most", "best_so_far", "pulses")
        best = -1.0
        lines: list[dict[str, Any]] = []
        for s in self.tuned.settings:
            best = max(best, s.accuracy if s.accuracies else -1.0)
            numbers: tuple[Any, ...] = ("", "", "", best, "")
            if s.accuracies:
                numbers = (s.accuracy, min(s.accuracies), max(s.accuracies), best, s.pulses)
            values = {key: s.values.get(key, "") for key in keys}
            found = {**dict(zip(names, numbers, strict=True)), "seeds": len(s.accuracies)}
            lines.append({"setting": s.number, **values, **found, "refused": s.refused, "said": "; ".join(s.said)})
        return Table(lines)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; accuracies are fractions."""
        t = self.tuned
        return {
            "rule": t.search.base.pulses.rule,
            "by": "accuracy",
            "way": self.plan.way,
            "budget": self.plan.budget,
            "searched": space.in_words(t.search.space),
            "settings": [_as_dict(s) for s in t.settings],
            "found": t.found.number,
            "best": t.best.number,
            "confirmed": {"found": list(t.again), "own": list(t.before)} if t.again else None,
            "gain": t.gain,
            "gain_error": t.gain_error,
        }

    def save(self, folder: str | Path) -> None:
        """Write ``tune.csv``, and ``best.toml``, which can be run."""
        self.to_csv(Path(folder) / "tune.csv")
        write_text(Path(folder) / "best.toml", self.best.to_toml())

    def _draw(self, out: Path | None, *, force: bool) -> Any:
        from ..show.figures import check_picture
        from ..show.figures_tuning import plot_tuning

        check_picture(out, force=force)
        return plot_tuning(self.tuned, out, self.title)


def _as_dict(setting: Setting) -> dict[str, Any]:
    return {
        "setting": setting.number,
        "values": dict(setting.values),
        "accuracy": setting.accuracy if setting.accuracies else None,
        "seeds": list(setting.accuracies),
        "pulses": setting.pulses,
        "refused": setting.refused or None,
        "said": list(setting.said),
    }


def plan_of(
    *,
    budget: int = BUDGET,
    seeds: int = 1,
    finalists: int = FINALISTS,
    confirm: int = CONFIRM,
    iterations: int = ITERATIONS,
    at_once: int = AT_ONCE,
    how: str = "auto",
) -> Plan:
    """How a search is done, checked; see `tune`."""
    checks.integer("--budget", budget, least=1, most=100_000)
    checks.integer("--seeds", seeds, least=1, most=1000)
    checks.integer("--finalists", finalists, least=1, most=1000)
    checks.integer("--confirm", confirm, least=0, most=1000)
    checks.integer("--iterations", iterations, least=1, most=2**31)
    checks.integer("--at-once", at_once, least=1, most=10_000)
    if how not in WAYS:
        raise LayoutError(f"--how: unknown way '{how}'; {nearest(how, WAYS)}")
    return Plan(budget, seeds, min(finalists, budget + 1), confirm, iterations, at_once, way_of(how))


@arguments(
    **{name: check for name, check in STUDY.items() if name != "seeds"},
    search=several(text, "texts KEY=RANGE", alone=True),
    budget=whole,
    seeds=whole,
    finalists=whole,
    confirm=whole,
    iterations=whole,
    at_once=whole,
    held_out=optional(whole),
    how=text,
    device_name=optional(text),
)
def tune(
    layout: Layout | str | Path,
    search: str | Sequence[str] = (),
    *,
    budget: int = BUDGET,
    seeds: int = 1,
    finalists: int = FINALISTS,
    confirm: int = CONFIRM,
    iterations: int = ITERATIONS,
    held_out: int | None = None,
    at_once: int = AT_ONCE,
    how: str = "auto",
    workers: int | str = 1,
    folder: str | Path | None = None,
    dataset: Dataset | None = None,
    device_name: str | None = None,
    listener: Listener = silent,
    stop: Stop = never,
    **more: Any,
) -> Tuning:
    """Search for better settings of a learning rule, by the accuracy of training samples that are held out.

    Parameters
    ----------
    layout : Layout or path
        With the rule, and all that is not searched.
    search : str or sequence of str
        ``"crus_rate=log:0.01:1"``, ``"method=a,b,c"``, or a key alone for its usual range; default: the keys of the
        rule that have one.
    budget : int
        Settings that are tried, besides the layout's own.
    seeds : int
        Runs of each setting.
    finalists : int
        The best so many are trained with two more seeds each, and the best by all its seeds is taken; 1: without.
    confirm : int
        Runs, with seeds that nothing was chosen by, of that setting and of the layout's own afterwards.
    iterations : int
        Of each run.
    held_out : int, optional
        Training samples that stand for the test samples: the last so many; default: a sixth, at most 10,000.
    at_once : int
        Settings that are asked for at a time; what is tried depends on it, and not on the workers.
    how : {"auto", "tpe", "lhs", "grid"}
        Which setting is tried next: by Optuna's TPE (extra ``tune``), from a Latin hypercube (SciPy) or a grid;
        ``"auto"``: the first of these that is installed.
    device_name : str, optional
        What the figure calls the device.
    workers, folder, dataset, listener, stop, more :
        As of `sweep`.

    Returns
    -------
    Tuning

    Raises
    ------
    LayoutError
        If a key cannot be searched.
    Stopped
        If `stop` said so.

    Examples
    --------
    >>> import xbarsim
    >>> layout = xbarsim.Layout.of(layers=(2, 2), dataset="two-pixels", n_max=9)
    >>> found = xbarsim.tune(layout, "output_dead_zone", budget=1, iterations=20, finalists=1, held_out=1, how="grid")
    >>> found.table.columns[:3]
    ('setting', 'output_dead_zone', 'accuracy')
    """
    base, n = layout_of(layout), workers_of(workers)
    wanted = Search(base, space.space_of(base, [search] if isinstance(search, str) else search))
    seeds_of(seeds)
    plan = plan_of(
        budget=budget,
        seeds=seeds,
        finalists=finalists,
        confirm=confirm,
        iterations=iterations,
        at_once=at_once,
        how=how,
    )
    data = data_of(base, dataset)
    with folder_of(folder) as kept:
        found = tune_rule(wanted, data, kept, plan, samples=held_out, workers=n, listener=listener, stop=stop, **more)
    if found is None:
        raise stopped()
    said = in_words(base, dataset=data.name, iterations=iterations, seeds=seeds, named=device_name or "")
    return Tuning(found, plan, f"{said}; {held_out_of(data, held_out):,} training samples held out")
