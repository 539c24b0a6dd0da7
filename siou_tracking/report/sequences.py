"""What a page says of single sequences: the worst and the most different ones, with frames, and all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from html import escape

import numpy as np

from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.report.explain import name_of
from siou_tracking.report.footage import Footage
from siou_tracking.report.metrics import LOWER_IS_BETTER, format_on_sequence
from siou_tracking.report.page import Section
from siou_tracking.report.runs import tracker_label
from siou_tracking.report.strips import Frames, draw_strip
from siou_tracking.report.table import Result, metrics_of, set_title
from siou_tracking.wording import listed

WORST = 10
"""Sequences of a table."""
MOST_CELLS = 30_000
"""Of the table of all sequences; of more only the first metric is shown."""
_DRAWN = 3
_NO_DATA = "Frames of them are shown where report is given --data DIR, with boxes where it is given --results too."
_TRUTH_ALONE = '<p class="note">The ground truth alone is drawn: report takes trackers\' boxes from --results.</p>'
_KEY = '<p class="note">A number below a frame is the overlap of the box of that color with the ground truth.</p>'


def ranked_sections(result: Result, tracker: str | None, frames: Frames | None) -> list[Section]:
    """The worst sequences and the largest differences.

    Args:
        result: without single runs.
        tracker: whose worst sequences; None for the mean of all.
        frames: that may be shown; None where there are none.
    """
    ranking = _rank(result, tracker)
    if not ranking.values:
        return []
    worst, others = _worst_section(ranking), ranking.differing()
    sections = [worst, _difference_section(ranking, others)] if others else [worst]
    if frames is None:
        return [dataclasses.replace(worst, note=_NO_DATA), *sections[1:]]
    frames.footage.note_missing(result)
    for_others = frames.strips * 2 // 5 if others else 0
    shown: list[str] = []
    most = (frames.strips - for_others, for_others)
    return [
        _add_frames(section, ranking, names, dataclasses.replace(frames, strips=strips), shown)
        for section, names, strips in zip(sections, (ranking.worst(), others), most, strict=False)
    ]


@dataclasses.dataclass
class _Ranking:
    result: Result
    metric: str
    tracker: str | None
    values: dict[str, dict[str, float]]
    """Sequence -> tracker -> value, of sequences that some tracker has."""

    @property
    def worse(self) -> int:
        return 1 if self.metric in LOWER_IS_BETTER else -1

    def badness(self, name: str) -> float:
        values = self.values[name]
        return self.worse * float(np.mean([*values.values()]) if self.tracker is None else values[self.tracker])

    def worst(self) -> list[str]:
        names = [name for name, values in self.values.items() if self.tracker is None or self.tracker in values]
        return sorted(names, key=lambda name: (-self.badness(name), name))

    def pair(self, name: str) -> tuple[str, str]:
        """The two trackers that are compared on a sequence: of two the first and second; of more the worst, or the
        chosen one, and the best of the others."""
        values = self.values[name]
        if len(self.result["per_sequence"]) == 2:
            first, second = self.result["per_sequence"]
            return first, second
        from_worst = sorted(values, key=lambda one: -self.worse * values[one])
        first = self.tracker or from_worst[0]
        return first, next(one for one in reversed(from_worst) if one != first)

    def difference(self, name: str) -> float:
        first, second = self.pair(name)
        return self.values[name][first] - self.values[name][second]

    def differing(self) -> list[str]:
        """Sequences that two trackers have, and the chosen one, from the largest difference on."""
        names = [
            name
            for name, values in self.values.items()
            if len(values) > 1 and (self.tracker is None or self.tracker in values)
        ]
        return sorted(names, key=lambda name: (-abs(self.difference(name)), name))

    def order(self, name: str, footage: Footage) -> list[str]:
        """Whose boxes are drawn of those that have any: the worst or chosen one first, of many it and the best."""
        values = {one: it for one, it in self.values[name].items() if footage.has_results(self.result, one)}
        order = sorted(values, key=lambda one: -self.worse * values[one])
        order = order if len(order) <= _DRAWN else [order[0], order[-1]]
        return list(dict.fromkeys([*([self.tracker] if self.tracker in values else []), *order]))


def _rank(result: Result, tracker: str | None) -> _Ranking:
    tables = result["per_sequence"]
    metric = get_benchmark(result["benchmark"]).ranking_metric or metrics_of(result)[0]
    names = dict.fromkeys(name for table in tables.values() for name in table)
    values = {
        name: {one: table[name][metric] for one, table in tables.items() if metric in table.get(name, {})}
        for name in names
    }
    return _Ranking(result, metric, tracker, {name: found for name, found in values.items() if found})


def _worst_section(ranking: _Ranking) -> Section:
    result, tables = ranking.result, ranking.result["per_sequence"]
    what = name_of(result, ranking.metric)
    of = "mean of the trackers" if ranking.tracker is None else tracker_label(result, ranking.tracker)
    rows = [["sequence", *(tracker_label(result, name) for name in tables)]]
    for name in ranking.worst()[:WORST]:
        values = ranking.values[name]
        rows.append(
            [name, *(format_on_sequence(result["benchmark"], values.get(one), ranking.metric) for one in tables)]
        )
    by = f"{'Most' if ranking.worse > 0 else 'Lowest'} {what}, {of}."
    return Section(f"{set_title(result)}: worst sequences", text=by, table=rows)


def _difference_section(ranking: _Ranking, names: Sequence[str]) -> Section:
    result, metric = ranking.result, ranking.metric
    what, trackers = name_of(result, metric), [tracker_label(result, name) for name in result["per_sequence"]]
    if len(trackers) == 2:
        head, text = trackers, f"Where {trackers[0]} and {trackers[1]} differ most in {what}."
    elif ranking.tracker is None:
        head, text = ["worst", "of", "best", "of"], f"Where the trackers are farthest apart in {what}."
    else:
        chosen = tracker_label(result, ranking.tracker)
        head, text = [chosen, "best other", "of"], f"Where {chosen} and the best of the others differ most in {what}."
    rows = [["sequence", *head, "difference"]]
    for name in names[:WORST]:
        cells = []
        for one in ranking.pair(name):
            cells += [
                format_on_sequence(result["benchmark"], ranking.values[name][one], metric),
                tracker_label(result, one),
            ]
        if len(trackers) == 2:
            cells = cells[::2]
        elif ranking.tracker is not None:
            del cells[1]
        rows.append([name, *cells, format_on_sequence(result["benchmark"], ranking.difference(name), metric, True)])
    return Section(f"{set_title(result)}: largest differences", text=text, table=rows)


def _add_frames(section: Section, ranking: _Ranking, names: Sequence[str], frames: Frames, shown: list[str]) -> Section:
    """The section with frames of its first sequences that have images and are not among `shown`, which is extended."""
    footage, strips = frames.footage, list[str]()
    without: dict[str, str] = {}
    for name in names:
        if len(strips) == frames.strips:
            break
        if (reason := footage.without_frames(name)) is not None:
            without[name] = reason
        elif name not in shown:
            values = {one: ranking.values[name][one] for one in ranking.order(name, footage)}
            if (strip := draw_strip(frames, ranking.result, name, values, ranking.metric)) is not None:
                strips.append(strip)
                shown.append(name)
    if without and footage.sequences:
        reason = next(filter(None, without.values()), "")
        footage.note(f"no images of {listed([*without])} among the data{f': {reason}' if reason else ''}")
    media = [_KEY if footage.results else _TRUTH_ALONE, *strips] if strips else []
    return dataclasses.replace(section, media=media, note=" ".join(f"{note}." for note in footage.take_notes()))


def all_sequences(result: Result) -> Section:
    """Every metric of every tracker on every sequence, folded away until it is asked for; of very many the first."""
    tables = result["per_sequence"]
    names = sorted({name for table in tables.values() for name in table}, key=lambda name: (name.lower(), name))
    metrics = list(dict.fromkeys(metric for table in tables.values() for row in table.values() for metric in row))
    summary = f"{len(names)} sequences"
    if len(names) * len(tables) * len(metrics) > MOST_CELLS:
        metrics = metrics[:1]
        summary += f", {name_of(result, metrics[0])} alone: --json of score has the other metrics"
    if len(names) * len(tables) > MOST_CELLS:
        names = names[: MOST_CELLS // len(tables)]
        summary += f", the first {len(names)} of them"
    head = "".join(
        f"<th>{escape(f'{tracker_label(result, tracker)}: {name_of(result, metric)}')}</th>"
        for tracker in tables
        for metric in metrics
    )
    body = []
    for name in names:
        cells = [
            format_on_sequence(result["benchmark"], table.get(name, {}).get(metric), metric)
            for table in tables.values()
            for metric in metrics
        ]
        body.append(f"<tr><td>{escape(name)}{''.join(f'<td>{cell}' for cell in cells)}")
    table = (
        f'<details><summary>{escape(summary)}</summary><div class="scroll" tabindex="0"><table><thead><tr>'
        f"<th>sequence</th>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div></details>"
    )
    return Section(f"{set_title(result)}: all sequences", media=[table] if names else [])
