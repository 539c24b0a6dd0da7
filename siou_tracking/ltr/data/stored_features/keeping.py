"""Finds the store that fits what is asked for, or has it made."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any  # Any: settings and data sets are the settings file's; what JSON may hold

from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.data.sampler import TrackingSampler
from siou_tracking.ltr.data.stored_features.making import make_store
from siou_tracking.ltr.data.stored_features.pairs import NOTE, StoredPairs

if TYPE_CHECKING:
    from siou_tracking.ltr.models.bbreg.atom import ATOMnet
    from siou_tracking.ltr.models.tracking.dimp_network import DiMPnet
    from siou_tracking.ltr.models.tracking.tompnet import ToMPnet

logger = get_logger(__name__)

_SEQUENCES_LOOKED_AT = 256  # of a data set, evenly spread: TrackingNet's 30,000 files would take minutes


def keep_features(
    pairs: TrackingSampler,
    net: ATOMnet | DiMPnet | ToMPnet,
    count: int,
    settings: Any,
    *,
    seed: int = 0,
    dtype: str = "float16",
    workers: int | None = None,
) -> StoredPairs:
    """The data set in place of `pairs`, whose maps are computed on all cores unless they are stored already.

    Args:
        pairs: draws the pairs; of it the data, the frames and the crops are taken, not the order.
        net: with `feature_extractor`, which must not train, and `output_layers`, the layers that are kept.
        count: pairs to keep.
        settings: of the run. Stores lie in the folder `settings.stored_features`, or where there is no such setting in
            `stored_features` of the workspace.
        seed: of the pairs. It is not that of the run: runs of different seeds share a store.
        dtype: of the stored maps, "float16" or "float32".
        workers: processes that compute; None for one a core, 1 to stay in this one.

    Raises:
        InputError: a backbone that trains, no folder or no room for the store, pairs that cannot be drawn, or maps that
            float16 cannot hold.
    """
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise InputError(f"stored_pairs: got {count!r}, allowed are whole numbers from 1, or 0 in a setting for none")
    if not hasattr(pairs.processing, "draw_fields"):
        kind = type(pairs.processing).__name__
        raise InputError(f"stored features: {kind} has no draw_fields, allowed are the engine's processing classes")
    extractor = _frozen_copy(net.feature_extractor)
    drawn = copy.copy(pairs)
    drawn.samples_per_epoch, drawn.seed = count, seed
    drawn.set_epoch(1)
    note = _describe(drawn, extractor, net.output_layers, dtype)
    name = hashlib.sha256(json.dumps(note, sort_keys=True).encode()).hexdigest()[:16]
    folder = _stores_folder(settings) / name
    if int(os.environ.get("LOCAL_RANK", "0")) > 0:  # under torchrun the first process of a machine makes it for all
        _wait_for(folder / NOTE)
    elif not (folder / NOTE).is_file():
        make_store(folder, drawn, extractor, note, workers)
    return StoredPairs(folder, pairs.processing, pairs.samples_per_epoch, pairs.seed)


def _wait_for(path: Path) -> None:
    """Until the file is there: at a barrier the others would be given up after minutes. torchrun ends all with one."""
    while not path.is_file():
        time.sleep(0.2)


def _stores_folder(settings: Any) -> Path:
    given, workspace = getattr(settings, "stored_features", ""), getattr(settings.env, "workspace_dir", "")
    if not given and not workspace:
        raise InputError("stored features: no workspace is set: give one, or settings.stored_features a folder")
    return Path(str(given)) if given else Path(workspace) / "stored_features"


def _frozen_copy(extractor: nn.Module) -> nn.Module:
    """The backbone as it computes in training: a copy, so that what a store's making changes in it stays there."""
    own = copy.deepcopy(extractor).train()
    trained = [name for name, parameter in own.named_parameters() if parameter.requires_grad]
    if trained:
        raise InputError(
            f"stored features: the backbone trains ({trained[0]} and {len(trained) - 1} more parameters), allowed is "
            "a frozen one: take stored_pairs out of the settings"
        )
    if any(isinstance(one, nn.modules.batchnorm._BatchNorm) and one.training for one in own.modules()):
        logger.info("stored features: the backbone's batch norms keep their statistics, which pictures would change")
    return own.eval()


def _describe(pairs: TrackingSampler, extractor: nn.Module, layers: Sequence[str], dtype: str) -> dict[str, Any]:
    """All that the stored numbers depend on."""
    weights = hashlib.sha256()
    for name, tensor in extractor.state_dict().items():
        weights.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    crops = {name: repr(value) for name, value in vars(pairs.processing).items() if name != "proposal_params"}
    drawing = ("p_datasets", "max_gap", "num_test_frames", "num_train_frames", "frame_sample_mode", "seed")
    return {
        "pairs": len(pairs),
        "dtype": dtype,
        "layers": list(layers),
        "backbone": {"class": type(extractor).__name__, "weights": weights.hexdigest()},
        "sampler": {"class": type(pairs).__name__, **{name: getattr(pairs, name) for name in drawing}},
        "processing": {"class": type(pairs.processing).__name__, **crops},
        "data": [_describe_data(one) for one in pairs.datasets],
    }


def _describe_data(dataset: Any) -> dict[str, Any]:
    """Name, size, and a digest of the boxes: data drawn anew under the same names have others."""
    count, digest = dataset.get_num_sequences(), hashlib.sha256()
    for number in range(0, count, max(1, count // _SEQUENCES_LOOKED_AT)):
        digest.update(dataset.get_sequence_info(number)["bbox"].numpy().tobytes())
    return {"name": dataset.get_name(), "sequences": count, "boxes": digest.hexdigest()}
