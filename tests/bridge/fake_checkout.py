"""Small checkouts for tests: file names, class names and calls of PyTracking, and of its kin, over tiny networks of our
own."""

from __future__ import annotations

import shutil
from pathlib import Path

_SOURCE = Path(__file__).with_name("fake")
_KIN_SOURCE = Path(__file__).with_name("fake_kin")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def make_fake_checkout(folder: Path) -> Path:
    """Write a fresh checkout into `folder`, which is made, and return it. It has a git commit but no `local.py`.

    Settings: bbreg atom, atom_prob_ml; dimp dimp18, prdimp18; tomp tomp50; kys kys; lwl lwl_stage1. All train 2 epochs
    of 4 samples, with GOT-10k as the data set. Trackers: atom default (`atom_default.pth`), dimp dimp18 (`dimp18.pth`).
    """
    return _copy(_SOURCE, folder)


def make_fake_kin(folder: Path) -> Path:
    """The same for the layout `lib/train`, `lib/test`.

    What it trains, each 2 epochs of 4 samples of GOT-10k's first sequence, validated on its second:

    * ostrack vitb_256: `giou`, boxes in order; its network is called OSTrack.
    * ostrack vitb_384: the same, and asks for `pretrained_models/mae_tiny.pth` and for LaSOT beside GOT-10k.
    * stark_st1 baseline: `giou`, boxes whose corners come in any order; stark_st2 baseline: the score alone, from the
      checkpoint of a stage before it.
    * mixformer_vit baseline: `ciou`; mixformer_vit_online baseline: the score alone, beside a `ciou` that is unused.
    * artrack artrack_256: a function of the actor's module, one value per box; artrack_seq artrack_seq_256: likewise,
      with a trainer of its own that does not call the actor.
    * odtrack baseline: `giou` for each of two search frames.

    Trackers: ostrack, odtrack (made without the name of a data set), mixformer_vit_online (by its name).
    """
    _copy(_KIN_SOURCE, folder)
    for name in ("stats.py", "tensorboard.py"):
        shutil.copyfile(_SOURCE / "ltr/admin" / name, folder / "lib/train/admin" / name)
    defaults = folder / "lib/config/config.py"  # every script of the kin has its own copy
    for experiment in (folder / "experiments").iterdir():
        package = folder / "lib/config" / experiment.name
        package.mkdir()
        (package / "__init__.py").touch()
        shutil.copyfile(defaults, package / "config.py")
    defaults.unlink()
    return folder


def _copy(source: Path, folder: Path) -> Path:
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    (folder / ".git" / "refs" / "heads").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/master\n")
    (folder / ".git" / "refs" / "heads" / "master").write_text(f"{COMMIT}\n")
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file under `folder` with its content, to compare before and after."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
