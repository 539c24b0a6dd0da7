"""The study as Markdown: properties, the best of each line, what the rule says, and the density's sharpness."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from experiments.seed_statistics import mean_interval
from experiments.sharpness.figures import by_unit
from experiments.sharpness.forms import Member
from experiments.sharpness.plan import Table, today
from experiments.sharpness.properties import Finding
from experiments.sharpness.rule import Choice, describe

_HEADS = {"loss": "loss role", "score": "score role", "density": "density"}


def write_report(
    findings: Mapping[Member, Mapping[str, Finding]],
    tables: Mapping[str, Table],
    verdicts: Mapping[str, Mapping[str, Sequence[Choice]]],
    densities: Mapping[str, Mapping[str, float | None]],
) -> str:
    """All tables of the study."""
    parts = [
        "Which property each form (on bhattacharyya) and divergence (under log) keeps, and the number that says so:\n",
        format_properties(findings),
        "The best sharpness of each line on validation data, and its mean on test data:\n",
        format_bests(tables),
        "What the rule says:\n",
        format_verdicts(verdicts),
        "PrDiMP's target density with its width held, on proposals as it draws them:\n",
        format_densities(densities),
    ]
    return "\n".join(parts)


def format_properties(findings: Mapping[Member, Mapping[str, Finding]]) -> str:
    """A row a form or divergence."""
    names = list(next(iter(findings.values())))
    rows = [
        [
            f"{member.form} {member.divergence}",
            *(f"{'yes' if found[name].holds else '**no**'} ({found[name].value:.2g})" for name in names),
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
            row.append(_cell(table, max(members, key=lambda one, t=table: t.val[one].mean())) if members else "")
        rows.append(row)
    rows.insert(0, ["*today's*", *(_cell(table, today(table.role)) for table in tables.values())])
    return markdown(["", *tables], rows)


def _cell(table: Table, member: Member) -> str:
    if member not in table.test:
        return ""
    span = mean_interval(by_unit(table.test[member]))
    return f"{member.sharpness:g}: {span.estimate:.3f} ± {span.high - span.estimate:.3f}"


def format_verdicts(verdicts: Mapping[str, Mapping[str, Sequence[Choice]]]) -> str:
    """A line an answer, those that decide first; what the other tables say below them."""
    lines = []
    for role, found in verdicts.items():
        for place, (table, answers) in enumerate(found.items()):
            kind = "decides" if place == 0 else "is shown"
            lines += [f"* {_HEADS[role]}, {table} ({kind}): {answer}" for answer in answers]
    return "".join(f"{line}\n" for line in lines)


def format_densities(densities: Mapping[str, Mapping[str, float | None]]) -> str:
    """A row a sharpness."""
    titles = {
        "exponent": "exponent",
        "z_ratio": "Z over the Gaussian's",
        "beyond_3_sigma": "mass beyond 3 sigma",
        "beyond_6_sigma": "beyond 6 sigma",
        "elsewhere": "mass elsewhere than today's",
    }
    rows = [[_title(name), *(f"{values[key]:.3g}" for key in titles)] for name, values in densities.items()]
    return markdown(["sharpness", *titles.values()], rows)


def _title(name: str) -> str:
    return name if name == "gaussian" else describe(Member.parse(name)).rpartition(" ")[2]


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
