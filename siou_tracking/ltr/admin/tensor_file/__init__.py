"""Checkpoints as safetensors files: tensors beside a header of JSON, so that reading one can run nothing."""

from siou_tracking.ltr.admin.tensor_file.checkpoint import (
    is_tensor_file,
    read_tensor_checkpoint,
    write_tensor_checkpoint,
)

__all__ = ["is_tensor_file", "read_tensor_checkpoint", "write_tensor_checkpoint"]
