"""Where the data sets and the workspace of this machine lie; upstream's `ltr/admin/local.py`, held in memory."""

from __future__ import annotations

import contextlib
import contextvars
import difflib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from siou_tracking.errors import InputError, unknown_name


class _DataSet(NamedTuple):
    attribute: str
    layout: str


DATA_SETS: dict[str, _DataSet] = {
    "lasot": _DataSet("lasot_dir", "<class>/<class>-<n>/{groundtruth.txt, img/00000001.jpg, ...}"),
    "got10k": _DataSet("got10k_dir", "train/list.txt and train/<sequence>/{groundtruth.txt, 00000001.jpg, ...}"),
    "trackingnet": _DataSet("trackingnet_dir", "TRAIN_<i>/{anno/<video>.txt, frames/<video>/0.jpg, ...}"),
    "coco": _DataSet("coco_dir", "annotations/instances_train2014.json and images/train2014/"),
    "mot": _DataSet("mot_dir", "<sequence>/{seqinfo.ini, gt/gt.txt, img1/000001.jpg, ...}"),
    "lvis": _DataSet("lvis_dir", "annotations/ and images/"),
    "sbd": _DataSet("sbd_dir", "dataset/"),
    "imagenet": _DataSet("imagenet_dir", "Annotations/VID/train and Data/VID/train"),
    "imagenetdet": _DataSet("imagenetdet_dir", "Annotations/DET/train and Data/DET/train"),
    "imagenet_vid_gmot": _DataSet("imagenet_vid_gmot_dir", "ImageNet-Vid.json, Annotations/ and Data/"),
    "tao_burst": _DataSet("tao_burst_dir", "TaoBurst.json and annotated_frames/"),
    "ecssd": _DataSet("ecssd_dir", "images/ and ground_truth_mask/"),
    "hkuis": _DataSet("hkuis_dir", "imgs/ and gt/"),
    "msra10k": _DataSet("msra10k_dir", "Imgs/"),
    "davis": _DataSet("davis_dir", "Annotations/, ImageSets/ and JPEGImages/"),
    "youtubevos": _DataSet("youtubevos_dir", "2019/train/{meta.json, Annotations/, JPEGImages/}"),
}
"""Name after `--data`: the attribute that settings files read, and the layout expected in the folder."""

_BY_ATTRIBUTE = {entry.attribute: name for name, entry in DATA_SETS.items()}
_OTHER_FOLDERS = ("pregenerated_masks", "lasot_candidate_matching_dataset_path")
_OWN_ENDINGS = ("_dir", "_path", "_root", "_dir_val")
_NOT_DATA = ("workspace", "tensorboard", "pretrained_networks")
_BENCHMARKS = ("otb2015", "vot2018")

_coco_year: contextvars.ContextVar[str] = contextvars.ContextVar("coco_year", default="2014")


def layout_of(name: str) -> str:
    """What the folder of a training data set of `DATA_SETS` holds; COCO's of the year in force."""
    return DATA_SETS[name].layout.replace("2014", _coco_year.get())


@contextlib.contextmanager
def coco_year_of(*sources: Path) -> Iterator[None]:
    """Inside the block hints name the year of COCO that the first of these Python files names which names one."""
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in sources if path.is_file()]
    found = [match for text in texts if (match := re.search(r"""(?i)coco[^#]*?version\s*=\s*["'](20\d\d)["']""", text))]
    token = _coco_year.set(found[0][1] if found else "2014")
    try:
        yield
    finally:
        _coco_year.reset(token)


class FolderNotGiven(InputError, AttributeError):
    """A settings file read a folder that nobody gave; an AttributeError too, so `getattr(env, name, default)` works."""


class EnvironmentSettings:
    """Folders as text, under upstream's attribute names.

    `workspace_dir`, `tensorboard_dir` and `pretrained_networks` are '' until set. A data folder (`lasot_dir`,
    `got10k_dir`, ...) exists as an attribute only once it is given: reading one before raises `FolderNotGiven`, which
    names the option to give.
    """

    workspace_dir: str
    tensorboard_dir: str
    pretrained_networks: str

    def __init__(self) -> None:
        self.workspace_dir = ""
        self.tensorboard_dir = ""
        self.pretrained_networks = ""

    def __getattr__(self, name: str) -> str:
        if name in _BY_ATTRIBUTE:
            data_set = _BY_ATTRIBUTE[name]
            layout = layout_of(data_set)
            raise FolderNotGiven(
                f"settings.env.{name}: the training needs the data set '{data_set}', which was not given: "
                f"give --data {data_set}=DIR, where DIR contains {layout}"
            )
        if name in _OTHER_FOLDERS:
            raise FolderNotGiven(f"settings.env.{name}: not given: assign it in the settings file before it is read")
        if name.endswith(_OWN_ENDINGS) and not name.startswith("_"):
            own = name.removesuffix("_dir")
            raise FolderNotGiven(
                f"settings.env.{name}: the training needs the data set '{own}', which was not given: "
                f"give --data {own}=DIR"
            )
        raise AttributeError(f"EnvironmentSettings has no attribute '{name}'")


# Pickled with the settings under the name of the file that upstream's users write.
EnvironmentSettings.__module__ = "ltr.admin.local"

_current: contextvars.ContextVar[EnvironmentSettings | None] = contextvars.ContextVar("environment", default=None)


def env_settings() -> EnvironmentSettings:
    """The environment in force, or an empty one."""
    environment = _current.get()
    return EnvironmentSettings() if environment is None else environment


@contextlib.contextmanager
def use_environment(environment: EnvironmentSettings) -> Iterator[None]:
    """Make `env_settings()` return `environment` inside the block."""
    token = _current.set(environment)
    try:
        yield
    finally:
        _current.reset(token)


def build_environment(
    workspace: str | os.PathLike[str], data: Mapping[str, str | os.PathLike[str]] | None = None
) -> EnvironmentSettings:
    """An environment from a workspace folder and data set roots.

    Args:
        workspace: folder for `checkpoints/`, `tensorboard/` and `pretrained_networks/`; made when first written to.
        data: data set name to its root folder. 'all' stands for a folder that holds folders named after data sets.
            For got10k the root with `train/` inside and the train folder itself are both accepted. Any other name is a
            data set of the settings file's own: mydata becomes `mydata_dir`, and mydata_path stays as it is.

    Raises:
        InputError: a name that cannot be a data set's or looks like a mistyped one, or a folder that is missing or
            lacks the expected layout.
    """
    environment = EnvironmentSettings()
    root = Path(workspace).expanduser().resolve()
    environment.workspace_dir = str(root)
    environment.tensorboard_dir = str(root / "tensorboard")
    environment.pretrained_networks = str(root / "pretrained_networks")
    for name, folder in _expand_all(data or {}).items():
        setattr(environment, _attribute_of(name), str(_data_folder(name, Path(folder).expanduser())))
    _add_validation(environment)
    return environment


def _add_validation(environment: EnvironmentSettings) -> None:
    """GOT-10k's official validation set, which some checkouts read by a name of its own, beside its training set."""
    train = Path(vars(environment).get("got10k_dir", ""))
    validation = train.with_name("val") if train.name == "train" else train
    if (validation / "list.txt").is_file() and validation != train:
        for name in ("got10k_val_dir", "got10k_dir_val"):
            vars(environment).setdefault(name, str(validation))


def _attribute_of(name: str) -> str:
    """What settings files read a data set's folder from."""
    if name in DATA_SETS:
        return DATA_SETS[name].attribute
    stem = name.removesuffix("_dir")
    if stem in DATA_SETS:
        return DATA_SETS[stem].attribute
    near = difflib.get_close_matches(name, DATA_SETS, n=1, cutoff=0.8)
    # got10k_val and coco17 are others' data sets, lasott is none.
    mistyped = near and not re.fullmatch(rf"(\w+_)?{near[0]}(_\w+|\d+)?", name)
    if mistyped or name in _BENCHMARKS or not name.isidentifier() or stem in _NOT_DATA:
        raise unknown_name("training data set", name, [*DATA_SETS, "all", "NAME for settings.env.NAME_dir"])
    return name if name.endswith(_OWN_ENDINGS) else f"{name}_dir"


def _expand_all(data: Mapping[str, str | os.PathLike[str]]) -> dict[str, str | os.PathLike[str]]:
    folders = dict(data)
    if "all" not in folders:
        return folders
    parent = Path(folders.pop("all")).expanduser()
    if not parent.is_dir():
        raise InputError(f"--data all: {parent}: no such folder")
    found = {name: parent / name for name in DATA_SETS if (parent / name).is_dir()}
    if not found:
        raise InputError(f"--data all: {parent}: holds none of the folders {', '.join(DATA_SETS)}")
    return {**_own_folders(parent), **found, **folders}


def _own_folders(parent: Path) -> dict[str, Path]:
    """The folders that can only be data sets of a settings file's own."""
    own = {}
    for path in parent.iterdir():
        with contextlib.suppress(InputError):
            if path.is_dir() and _attribute_of(path.name) not in _BY_ATTRIBUTE:
                own[path.name] = path
    return own


def _data_folder(name: str, folder: Path) -> Path:
    layout = layout_of(name) if name in DATA_SETS else "your data set"
    if not folder.is_dir():
        raise InputError(f"--data {name}: {folder}: no such folder; expected one with {layout}")
    folder = folder.resolve()
    if name != "got10k":
        return folder
    if (folder / "train").is_dir():
        return folder / "train"
    if not (folder / "list.txt").is_file():
        raise InputError(f"--data got10k: {folder}: holds neither train/ nor list.txt; expected {layout}")
    return folder
