"""How result files are spelled: by every one-pass benchmark, and by pytracking, whose files we read only."""

from siou_tracking.benchmarks.files.writers import Dialect
from siou_tracking.benchmarks.registry import get_benchmark

DIALECTS: dict[str, Dialect] = {
    **{name: get_benchmark(name).dialect for name in ("otb2015", "lasot", "got10k", "trackingnet")},
    "pytracking": Dialect(box="%d", separator="\t", time="%f"),
}
