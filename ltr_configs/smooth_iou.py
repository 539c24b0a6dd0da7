"""Settings of PyTracking's trackers with the Smooth-IoU loss: `train dimp dimp50_smooth_iou` is `dimp dimp50` with it.

One file for all of them, because its name in a run says which tracker is meant. With a checkout's own run_training.py,
copy it to ltr/train_settings/<module>/<tracker>_smooth_iou.py.
"""

import importlib

from siou_tracking import use_box_loss
from siou_tracking.errors import unknown_name

SCORE = "the box head learns each proposal's Smooth-IoU instead of its IoU"
DENSITY = "the box head learns a density made of Smooth-IoU instead of a Gaussian"
BOXES = "the boxes minimize the Smooth-IoU loss instead of GIoU"
TRACKERS = {
    "atom": ("bbreg", SCORE),
    "atom_paper": ("bbreg", SCORE),
    "atom_gmm_sampl": ("bbreg", SCORE),
    "dimp18": ("dimp", SCORE),
    "dimp50": ("dimp", SCORE),
    "prdimp18": ("dimp", DENSITY),
    "prdimp50": ("dimp", DENSITY),
    "super_dimp": ("dimp", DENSITY),
    "super_dimp_simple": ("dimp", DENSITY),
    "tomp50": ("tomp", BOXES),
    "tomp101": ("tomp", BOXES),
    "tamos_resnet50": ("tamos", BOXES),
    "tamos_swin_base": ("tamos", BOXES),
}
"""The original settings: their module, and what the loss changes."""
SETTINGS = {f"{name}_smooth_iou": module for name, (module, _) in TRACKERS.items()}
"""The names that this file answers to, and the module that each is filed under."""


def run(settings):
    """Train as the original does, with another box loss and in a folder of its own."""
    if settings.script_name not in SETTINGS:
        raise unknown_name("Smooth-IoU settings", settings.script_name, SETTINGS)
    original = _original(SETTINGS[settings.script_name], settings.script_name.removesuffix("_smooth_iou"))
    use_box_loss(settings, "smooth_iou")
    original.run(settings)


def _original(module, name):
    wanted = f"ltr.train_settings.{module}.{name}"
    try:
        return importlib.import_module(wanted)
    except ModuleNotFoundError as error:
        if not wanted.startswith(f"{error.name}."):
            raise
        # An engine without the whole folder names the folder; what is wanted is the file.
        raise ModuleNotFoundError(f"No module named '{wanted}'", name=wanted) from error
