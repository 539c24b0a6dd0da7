"""The network of a training's newest checkpoint alone, beside it: the file that is tracked with, shared and kept."""

from __future__ import annotations

from pathlib import Path

from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.admin.checkpoint_files import checkpoints_before, weights_path
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.admin.tensor_file.checkpoint import write_tensor_checkpoint

logger = get_logger(__name__)


def write_weights(checkpoint: Path) -> Path | None:
    """Write the network of a run's newest checkpoint as safetensors beside it, from what it holds, in one move.

    Those beside its earlier checkpoints are removed then. What hinders it ends no training, whose checkpoint is safe: a
    note says what it was.

    Returns:
        The file, None where it could not be written.
    """
    path = weights_path(checkpoint)
    try:
        write_tensor_checkpoint(path, read_checkpoint(checkpoint), checkpoint)
    except (InputError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        logger.warning(f"note: weights {path}: not written: {reason}")
        return None
    for earlier in checkpoints_before(checkpoint):
        weights_path(earlier).unlink(missing_ok=True)
    return path
