"""The blocks of both quickstarts: what they reached, seed by seed."""

from __future__ import annotations

from typing import Any  # what JSON holds

from experiments.readme.documents import EXPERIMENTS, read_file
from experiments.readme.ranking import markdown_table


def quickstart() -> str:
    """The quickstart's rows, seed by seed: of seeds.json where there is one, else of single quickstarts."""
    found = read_file("quickstart/seeds.json")
    return single_quickstarts() if found is None else quickstart_seeds(found)


def quickstart_seeds(result: dict[str, Any]) -> str:
    """Of each benchmark a row a tracker, a column a quickstart, the best mean first; then each one's verdict."""
    parts = []
    for name, one in result["benchmarks"].items():
        seeds = list(next(iter(one["rows"].values())))
        rows = [[f"{name}, {one['metric']}", *(f"seed {seed}" for seed in seeds), "mean", "deviation"]]
        rows.append(["---"] * len(rows[0]))
        for tracker in sorted(one["rows"], key=lambda tracker: -one["mean"][tracker]):
            values = [f"{row[one['metric']]:.3f}" for row in one["rows"][tracker].values()]
            deviation = one["deviation over quickstarts"].get(tracker)
            last = "" if deviation is None else f"{deviation:.3f}"
            rows.append([f"`{tracker}`", *values, f"{one['mean'][tracker]:.3f}", last])
        said = "".join(f"* seed {seed}: {line}\n" for seed, line in one["verdict"].items())
        parts.append(f"{markdown_table(rows)}\n{said}")
    return "\n".join(parts)


def single_quickstarts() -> str:
    """The rows of quickstarts that were scored one by one."""
    rows = [["trained with", "held-out AO", "SR0.5", "SR0.75", "OTB, 3 sequences: AUC"], ["---"] * 5]
    otb = read_file("quickstart/otb2015.json")["trackers"]
    static = read_file("quickstart/seed0.json")["metrics"]["got10k"]["static"]
    rows.append(["nothing: a static box", *_got10k(static), f"{otb['static']['success_auc']:.3f}"])
    for file in sorted((EXPERIMENTS / "quickstart").glob("heldout_seed*.json")):
        for name, metrics in read_file(f"quickstart/{file.name}")["trackers"].items():
            loss, _, seed = name.partition("_seed")
            rows.append([f"`{loss}`, seed {seed}", *_got10k(metrics), f"{otb[name]['success_auc']:.3f}"])
    return markdown_table(rows)


def _got10k(metrics: dict[str, float]) -> list[str]:
    return [f"{metrics[name]:.3f}" for name in ("ao", "sr50", "sr75")]


def mot_quickstart() -> str:
    """HOTA / IDF1 / ID switches of both seeds."""
    rows = [["seed", "overlap alone", "by appearance", "by appearance, trained with DIM"], ["---"] * 5]
    rows[0].append("appearance - overlap, HOTA")
    for file in sorted((EXPERIMENTS / "mot_quickstart").glob("seed*.json")):
        result = read_file(f"mot_quickstart/{file.name}")
        cells = [_mot(result["scores"]["trackers"][name]) for name in ("off_iou", "off_embedding", "both_embedding")]
        gain = next(
            one for one in result["comparisons"] if (one["first"], one["second"]) == ("off_embedding", "off_iou")
        )
        change = f"{100 * gain['difference']:+.1f} [{100 * gain['low']:.1f}, {100 * gain['high']:.1f}]"
        rows.append([file.stem.removeprefix("seed"), *cells, change])
    return markdown_table(rows)


def _mot(tracker: dict[str, Any]) -> str:
    combined = tracker["combined"]
    return f"{100 * combined['hota']:.1f} / {100 * combined['idf1']:.1f} / {combined['idsw']}"
