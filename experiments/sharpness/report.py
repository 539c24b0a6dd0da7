"""The study as Markdown: properties, the best of each line, what the rule says, and the density's sharpness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from experiments.common import markdown
from experiments.seed_statistics import mean_interval
from experiments.sharpness.density import LIMIT
from experiments.sharpness.figures import by_unit
from experiments.sharpness.forms import Member
from experiments.sharpness.plan import Table, old
from experiments.sharpness.properties import Finding
from experiments.sharpness.rule import Choice, best_of
from siou_tracking.benchmarks.comparing.statistics import Interval

Verdicts = Mapping[str, Mapping[str, Sequence[Choice]]]
"""Role -> table -> answers, see `experiments.sharpness.rule.ask_all`."""


def write_report(
    findings: Mapping[Member, Mapping[str, Finding]],
    tables: Mapping[str, Table],
    verdicts: Verdicts,
    densities: Mapping[str, Mapping[str, float | None]],
) -> str:
    """All tables of the study."""
    parts = [
        "Which property each form (on bhattacharyya) and divergence (under log) keeps, and the number that says so:\n",
        format_properties(findings),
        *_format_tables(tables, verdicts),
        "PrDiMP's target density with its width held, on proposals as it draws them:\n",
        format_densities(densities),
    ]
    return "\n".join(parts)


def _format_tables(tables: Mapping[str, Table], verdicts: Verdicts) -> list[str]:
    if not tables:
        return ["No loss was trained or descended in this run.\n"]
    return [
        "The best sharpness of each line on validation data, and its mean on test data:\n",
        format_bests(tables),
        "What the rule says:\n",
        format_verdicts(verdicts),
    ]


def format_properties(findings: Mapping[Member, Mapping[str, Finding]]) -> str:
    """A row a form or divergence."""
    names = list(next(iter(findings.values())))
    rows = [
        [
            f"{member.form} {member.divergence}",
            *(f"{'yes' if found[name].holds else '**no**'} ({found[name].value:.3g})" for name in names),
        ]
        for member, found in findings.items()
    ]
    return markdown(["", *names], rows)


def format_bests(tables: Mapping[str, Table]) -> str:
    """A row a form and divergence, a column a table: best sharpness, its test mean and half width of the interval."""
    lines = dict.fromkeys((member.form, member.divergence) for table in tables.values() for member in table.val)
    rows = []
    for line in lines:
        row = [" ".join(line)]
        for table in tables.values():
            members = [member for member in table.val if (member.form, member.divergence) == line]
            row.append(_cell(table, best_of(table, members)) if members else "")
        rows.append(row)
    rows.insert(0, ["*old default*", *(_cell(table, old(table.role)) for table in tables.values())])
    return markdown(["", *tables], rows)


def _cell(table: Table, member: Member) -> str:
    if member not in table.test:
        return ""
    span = mean_interval(by_unit(table.test[member]))
    return f"{member.sharpness:g}: {span.mean:.3f} ± {span.high - span.mean:.3f}"


def format_verdicts(verdicts: Verdicts) -> str:
    """A sentence for each question that is decided, and a row for each that was asked, those that decide first."""
    sentences, rows = [], []
    for role, found in verdicts.items():
        for table, answers in found.items():
            rows += [[role, f"**{table}**" if answer.decides else table, *_answer(answer)] for answer in answers]
            sentences += [f"* {role}: {say(answer)}\n" for answer in answers if answer.decides and not answer.barred]
    head = [
        "role",
        "asked of (bold: decides)",
        "question",
        "best on validation data",
        "minus the old (as a form or divergence: at its best)",
        "on test data",
    ]
    return f"{''.join(sentences)}\n{markdown(head, rows)}"


def say(choice: Choice) -> str:
    """What becomes of a default."""
    if choice.changes:
        return f"{choice.question} changes from {describe(choice.before)} to {describe(choice.best)}"
    if choice.best == choice.before:
        return f"{choice.question} stays {describe(choice.before)}, the best on validation data"
    why = f"{', '.join(choice.stopped_by)} stops it" if choice.better else "the difference may be chance"
    return f"{choice.question} stays {describe(choice.before)}: {describe(choice.best)} was best, but {why}"


def _answer(choice: Choice) -> list[str]:
    if choice.best == choice.before:
        return [choice.question, f"the old {describe(choice.best)}", "", ""]
    note = " (barred: loses a property)" if choice.barred else ""
    return [choice.question, f"{describe(choice.best)}{note}", _show(choice.difference), _show(choice.on_test)]


def describe(member: Member) -> str:
    """A member in words."""
    return f"{member.form} {member.divergence} {member.sharpness:g}"


def _show(interval: Interval) -> str:
    return f"{interval.mean:+.4f} [{interval.low:+.4f}, {interval.high:+.4f}]"


def format_densities(densities: Mapping[str, Mapping[str, float | None]]) -> str:
    """A row a sharpness."""
    titles = {
        "exponent": "exponent",
        "z_ratio": "Z over the Gaussian's",
        "beyond_3_sigma": "mass beyond 3 sigma",
        "beyond_6_sigma": "beyond 6 sigma",
        "elsewhere": "mass elsewhere than the old",
    }
    rows = [
        [f"{sharpness:g}" if sharpness else "to 0: the Gaussian", *(f"{values[key]:.3g}" for key in titles)]
        for sharpness, values in sorted(
            ((_sharpness(name), values) for name, values in densities.items()), key=lambda row: row[0]
        )
    ]
    return markdown(["sharpness", *titles.values()], rows)


def _sharpness(name: str) -> float:
    return 0.0 if name == LIMIT else Member.parse(name).sharpness
