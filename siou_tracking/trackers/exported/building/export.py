"""A trained tracker as one ONNX file, whole: backbone, target model and its learning, box refinement."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple  # Any: what a checkpoint holds

from tqdm import tqdm

from siou_tracking import __version__
from siou_tracking.errors import InputError, missing_extra, unknown_name
from siou_tracking.files import write_bytes
from siou_tracking.trackers.exported.building.step import Step, trace_step
from siou_tracking.trackers.exported.model_file import ExportedInfo
from siou_tracking.trackers.online.loading import TrainedNetwork

_PACKAGES = ("onnx", "onnxscript")


class Exportable(NamedTuple):
    """A network with the parameters it tracks with."""

    tracker: str
    param: str
    parameters: Mapping[str, Any]
    steps: list[Step]


def _atom(trained: TrainedNetwork, param: str | None) -> Exportable:
    from siou_tracking.ltr.models.backbone.efficientnet_lite import EfficientNetLite0
    from siou_tracking.trackers.atom.params import atom_params
    from siou_tracking.trackers.exported.building.atom_steps import atom_steps
    from siou_tracking.trackers.online.network import TrackingNetwork

    net = trained.net
    assert isinstance(net, TrackingNetwork)  # an ATOMnet is one
    backbone = getattr(net, "feature_extractor", None)
    param = param or ("lite" if isinstance(backbone, EfficientNetLite0) else "default")
    params = atom_params(param)
    return Exportable("atom", param, dataclasses.asdict(params), atom_steps(net, params))


def _dimp(trained: TrainedNetwork, param: str | None) -> Exportable:
    from siou_tracking.ltr.models.tracking.dimp_network import DiMPnet
    from siou_tracking.trackers.dimp.factory import suited_params
    from siou_tracking.trackers.exported.building.dimp_steps import dimp_steps

    assert isinstance(trained.net, DiMPnet)
    param, params = suited_params(trained, param)
    return Exportable("dimp", param, dataclasses.asdict(params), dimp_steps(trained.net, params))


EXPORTS: dict[str, tuple[str, Callable[[TrainedNetwork, str | None], Exportable]]] = {
    "atom": ("ATOMnet", _atom),
    "dimp": ("DiMPnet", _dimp),
}
"""By the tracker's name: the class of its network, and what makes its steps of one, given parameters."""


def export_tracker(
    weights: str | os.PathLike[str], out: str | os.PathLike[str], tracker: str | None = None
) -> tuple[ExportedInfo, int]:
    """Write the tracker of a checkpoint.

    Args:
        weights: a checkpoint, .pth.tar or .safetensors.
        out: the file.
        tracker: NAME or NAME:PARAM; None takes what the network was made for.

    Returns:
        What the file says of itself, and the number of its graphs' operators.

    Raises:
        InputError: a package is not installed; `weights` cannot be used, or is no network that can be exported.
    """
    _check_packages()
    from siou_tracking.ltr.admin.loading import load_network
    from siou_tracking.ltr.admin.settings import settings_names
    from siou_tracking.trackers.exported.building.joining import join_steps
    from siou_tracking.untrusted.reading import why_no_file

    place = Path(weights)
    if not place.is_file():
        raise InputError(f"weights: {place}: {why_no_file(place)}: allowed is a checkpoint of siou-tracking train")
    name, _, param = (tracker or "").partition(":")
    if name and name not in EXPORTS:
        raise unknown_name("tracker to export", name, EXPORTS)
    net, content = load_network(place)
    kind = type(net).__name__
    fitting = [known for known, (network, _) in EXPORTS.items() if network == kind and name in ("", known)]
    if not fitting:
        wanted = [EXPORTS[name][0]] if name else sorted(network for network, _ in EXPORTS.values())
        article = "an" if kind[:1] in "AEIOU" else "a"
        raise InputError(f"weights: {place}: got {article} {kind}, allowed for export is {' or '.join(wanted)}")
    settings = settings_names(content).get("script_name", "")
    trained = TrainedNetwork(net.eval().requires_grad_(False), place, settings)
    exportable = EXPORTS[fitting[0]][1](trained, param or None)
    bar = tqdm(exportable.steps, desc="export", unit="graph", dynamic_ncols=True, disable=None)
    graphs = [trace_step(step) for step in bar]
    info = _describe(exportable, content, place)
    model = join_steps(exportable.steps, graphs, info.to_metadata())
    write_bytes(out, model.SerializeToString(deterministic=True))
    return info, sum(len(graph.node) for graph in graphs)


def _check_packages() -> None:
    for package in _PACKAGES:
        try:
            importlib.import_module(package)
        except ImportError:
            raise InputError(f"export: {missing_extra(package)}") from None


def _describe(exportable: Exportable, content: Mapping[str, Any], place: Path) -> ExportedInfo:
    from siou_tracking.ltr.admin.settings import trained_box_loss

    loss = trained_box_loss(content)
    return ExportedInfo(
        tracker=exportable.tracker,
        param=exportable.param,
        parameters=exportable.parameters,
        steps={step.name: {"inputs": list(step.inputs), "outputs": list(step.outputs)} for step in exportable.steps},
        box_loss=str(loss.get("name")) if isinstance(loss, dict) else "the settings file's own",
        version=__version__,
        checkpoint=place.name,
        sha256=hashlib.sha256(place.read_bytes()).hexdigest(),
    )
