import numpy as np
import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.environment import EnvironmentSettings
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.admin.tensor_file.beside import write_weights
from siou_tracking.ltr.models.bbreg import atom
from siou_tracking.ltr.models.tracking import dimpnet
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.trackers import build_tracker, load_tracker
from siou_tracking.trackers.dimp.params import dimp_params


def write(path, net):
    content = {"net": net.state_dict(), "net_type": type(net).__name__, "constructor": net.constructor}
    write_checkpoint(path, content)
    return path


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    small = {"filter_size": 4, "out_feature_dim": 32, "backbone_pretrained": False}
    return {
        "dimp": write(folder / "dimp.pth.tar", dimpnet.dimpnet18(**small)),
        "prdimp": write(folder / "prdimp.pth.tar", dimpnet.klcedimpnet18(**small)),
        "lite": write(folder / "lite.pth.tar", dimpnet.dimpnet_efficientnet_lite0(**small)),
        "prdimp_lite": write(folder / "prdimp_lite.pth.tar", dimpnet.klcedimpnet_efficientnet_lite0(**small)),
        "atom": write(folder / "atom.pth.tar", atom.atom_resnet18(backbone_pretrained=False)),
    }


def test_a_network_is_tracked_with_what_suits_it_or_what_is_named(checkpoints):
    assert build_tracker("dimp", weights=checkpoints["dimp"]).params == dimp_params("dimp18")
    assert build_tracker("dimp", weights=checkpoints["prdimp"]).params == dimp_params("prdimp18")
    assert build_tracker("dimp:super_dimp", weights=checkpoints["dimp"]).params == dimp_params("super_dimp")
    assert build_tracker("dimp", "dimp50_vot19", weights=checkpoints["dimp"]).params.patch_size == 256
    assert build_tracker("dimp", weights=checkpoints["lite"]).params == dimp_params("lite")
    assert build_tracker("dimp", weights=checkpoints["prdimp_lite"]).params == dimp_params("prdimp_lite")


@pytest.mark.parametrize(
    ("network", "settings", "preset"),
    [
        ("dimp", "super_dimp", "super_dimp"),
        ("dimp", "super_dimp_smooth_iou", "super_dimp"),
        ("dimp", "super_dimp_simple_smooth_iou", "super_dimp_simple"),
        ("dimp", "super", "dimp18"),
        ("dimp", "prdimp50", "dimp18"),  # whose scores mean something else
        ("prdimp", "prdimp50", "prdimp50"),
        ("lite", "dimp_lite", "lite"),
        ("prdimp_lite", "prdimp_lite", "prdimp_lite"),
    ],
)
@pytest.mark.parametrize("suffix", [".pth.tar", ".safetensors"])
def test_the_settings_that_it_was_trained_with_say_how_it_tracks(
    checkpoints, tmp_path, network, settings, preset, suffix
):
    content = read_checkpoint(checkpoints[network])
    content["settings"] = Settings(EnvironmentSettings())
    content["settings"].script_name = settings
    path = tmp_path / "DiMPnet_ep0001.pth.tar"
    write_checkpoint(path, content)
    file = path if suffix == ".pth.tar" else write_weights(path)
    assert load_tracker(file, device="cpu").params == dimp_params(preset)
    named = {"dimp": "dimp50", "prdimp": "prdimp18"}.get(network)
    if named:
        assert build_tracker("dimp", named, weights=file, device="cpu").params == dimp_params(named)


@pytest.mark.parametrize(("preset", "weights"), [("lite", "lite"), ("prdimp_lite", "prdimp_lite")])
def test_a_lite_network_tracks_what_it_was_shown(checkpoints, preset, weights):
    tracker = build_tracker("dimp", preset, weights=checkpoints[weights], device="cpu")
    assert (tracker.params.patch_size, tracker.params.search_area_factor) == (224, 4.0)
    image = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    tracker.initialize(image, {"init_bbox": [10, 10, 20, 20]})
    answer = tracker.track(image)
    assert np.isfinite([*answer["target_bbox"], answer["score"]]).all()


@pytest.mark.parametrize(
    ("tracker", "weights", "message"),
    [
        ("dimp:dimp18", None, "weights: tracker dimp: got none"),
        ("dimp:dimp18", "no/such.pth.tar", "not found"),
        ("dimp:dimp81", "no/such.pth.tar", "did you mean 'dimp18'"),
        ("dimp:dimp18", "atom", r"got a ATOMnet, allowed is a DiMPnet .* which `siou-tracking track --tracker atom`"),
        ("atom", "dimp", r"got a DiMPnet, allowed is an ATOMnet .* which `siou-tracking track --tracker dimp`"),
        ("atom:lite", "prdimp", "which `siou-tracking track --tracker dimp` tracks"),
        ("dimp:dimp18", "prdimp", r"got 'dimp18' for a klcedimpnet18 .*, allowed are prdimp18, prdimp50, prdimp50_vot"),
        ("dimp:lite", "dimp", r"got 'lite' for a dimpnet18 .*, allowed are dimp18, dimp50, super_dimp"),
        ("dimp:prdimp_lite", "prdimp", r"got 'prdimp_lite' for a klcedimpnet18 .*, allowed are prdimp18, prdimp50"),
        ("dimp:dimp18", "lite", r"got 'dimp18' for a dimpnet_efficientnet_lite0 .*, allowed are lite$"),
        ("dimp:lite", "prdimp_lite", r"got 'lite' for a klcedimpnet_efficientnet_lite0 .*, allowed are prdimp_lite$"),
        ("dimp:lit", "lite", "did you mean 'lite'"),
        ("tomp:lite", "lite", r"got a DiMPnet, allowed is a ToMPnet .* which `siou-tracking track --tracker dimp`"),
        ("dimp:prdimp50", "dimp", r"got 'prdimp50' for a dimpnet18 .*, allowed are dimp18, dimp50, super_dimp"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(checkpoints, tracker, weights, message):
    with pytest.raises(InputError, match=message) as error:
        build_tracker(tracker, weights=checkpoints.get(weights, weights))
    assert "\n" not in str(error.value)
