"""What is said of a loader whose samples do not fill one batch."""

from __future__ import annotations

from siou_tracking.errors import InputError


def no_batch_message(name: str, samples: int, batch_size: int, processes: int = 1) -> str:
    """`samples` are those of each of the processes that share the loader's."""
    shared = f" in each of {processes} processes" if processes > 1 else ""
    return f"loader '{name}': not one full batch: {samples} samples{shared}, batches of {batch_size}"


def no_batch_error(name: str, samples: int, batch_size: int, processes: int = 1) -> InputError:
    """The same for a loader that trains, and what to do."""
    message = no_batch_message(name, samples, batch_size, processes)
    return InputError(f"{message}: give a smaller --batch-size or more --samples-per-epoch")
