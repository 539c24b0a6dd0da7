"""The blocks of both quickstarts: what they reached, seed by seed."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any  # what JSON holds

from experiments.readme.documents import EXPERIMENTS, read_file
from experiments.readme.ranking import markdown_table, span_text

TITLES = {"got10k": "held-out AO", "otb2015": "OTB AUC"}


def quickstart() -> str:
    """What quickstarts of several seeds reached, of seeds.json."""
    return quickstart_seeds(read_file("quickstart/seeds.json"))


def quickstart_seeds(result: dict[str, Any]) -> str:
    """A row a tracker, the best mean first, with each seed's value; what the pages say; how far seeds spread."""
    benchmarks = result["benchmarks"]
    rows, notes = [["trained with"]], ""
    first = next(iter(benchmarks.values()))
    trackers = sorted(first["rows"], key=lambda tracker: -first["mean"][tracker])
    rows += [["nothing: a static box" if tracker == "static" else f"`{tracker}`"] for tracker in trackers]
    for name, one in benchmarks.items():
        seeds = list(first["rows"][trackers[0]])
        rows[0] += [f"{TITLES[name]}, seeds {', '.join(seeds)}", "mean, deviation"]
        for row, tracker in zip(rows[1:], trackers, strict=True):
            deviation = one["deviation over quickstarts"].get(tracker)
            mean = f"{one['mean'][tracker]:.3f}"
            row.append(" ".join(f"{values[one['metric']]:.3f}" for values in one["rows"][tracker].values()))
            row.append(mean if deviation is None else f"{mean}, {deviation:.3f}")
        said = Counter(re.split(r":| by ", line)[0] for line in one["verdict"].values())
        told = ", ".join(f"{verdict} ({count} of {len(seeds)})" for verdict, count in said.most_common())
        below = "less" if one["spread is below half the gain"] else "MORE"
        spread, half = max(one["deviation over quickstarts"].values()), one["half the gain over the static box"]
        notes += (
            f"* {TITLES[name]}: the pages say {told}. Quickstarts spread by up to {spread:.3f}, {below} than half of "
            f"what training gains over the static box ({half:.3f}).\n"
        )
    return f"{markdown_table([rows[0], ['---'] * len(rows[0]), *rows[1:]])}\n{notes}"


def quickstart_others() -> str:
    """One quickstart of each of the other trackers, of the results.json that are kept as dimp.json and tomp.json."""
    rows = [["tracker", "trained with", "held-out AO", "minus the first loss", "static box", "seconds"], ["---"] * 6]
    for name in ("dimp", "tomp"):
        result = read_file(f"quickstart/{name}.json")
        if result is not None:
            rows += _quickstart_rows(result)
    return markdown_table(rows)


def _quickstart_rows(result: dict[str, Any]) -> list[list[str]]:
    """A row a loss, as the page has them."""
    metrics, sure, rows = result["metrics"]["got10k"], result["certainty"]["got10k"], []
    for loss in result["plan"]["losses"]:
        low, high = sure["intervals"][loss]["ao"]
        ao = span_text({"mean": metrics[loss]["ao"], "low": low, "high": high})
        static, seconds = f"{metrics['static']['ao']:.3f}", f"{result['seconds']:.0f}"
        rows.append([f"`{result['tracker']}`", f"`{loss}`", ao, "", static, seconds])
    gap = sure["difference"]
    rows[-1][3] = span_text({"mean": gap["value"], "low": gap["low"], "high": gap["high"]}, "+")
    return rows


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
