"""Which settings of which checkouts are run: the kin that are trained, and those that must be refused in one line."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Row:
    """One setting of one checkout."""

    folder: str
    """Of the checkout, below the folder of checkouts."""
    module: str
    name: str
    title: str
    tracker: str | None = None
    """NAME:PARAM that tracks with the checkpoint of the flagged run."""
    distilled: tuple[str, str] | None = None
    """Script and settings of the teacher, where it is trained by distillation alone."""
    refused: bool = False
    """It has no box term, and only the flagged run is tried."""

    @property
    def setting(self) -> str:
        return f"{self.module} {self.name}"

    @property
    def key(self) -> str:
        return f"{self.folder}: {self.setting}"


ROWS = (
    Row("HiT", "HiT", "HiT_Tiny", "HiT", "HiT:HiT_Tiny"),
    Row("AsymTrack", "AsymTrack", "tiny", "AsymTrack", "AsymTrack:tiny"),
    Row("OSTrack", "ostrack", "vitb_256_mae_ce_32x4_ep300", "OSTrack", "ostrack:vitb_256_mae_ce_32x4_ep300"),
    Row("Stark", "stark_s", "baseline", "STARK-S", "stark_s:baseline"),
    Row("Stark", "stark_st1", "baseline", "STARK-ST stage 1", "stark_st:baseline"),
    Row("GRM", "grm", "vitb_256_ep300", "GRM", "grm:vitb_256_ep300"),
    Row("ODTrack", "odtrack", "baseline", "ODTrack", "odtrack:baseline"),
    Row("MixFormer", "mixformer_vit", "baseline", "MixFormer (ViT)", "mixformer_vit:baseline"),
    Row(
        "MixFormerV2",
        "mixformer2_vit",
        "student_288_depth12",
        "MixFormerV2",
        "mixformer2_vit:student_288_depth12",
        distilled=("mixformer_vit", "teacher_mixvit_b"),
    ),
    Row("DropTrack", "ostrack", "vitb_384_mae_ce_32x4_ep300", "DropTrack", "ostrack:vitb_384_mae_ce_32x4_ep300"),
    Row("ARTrack", "artrack", "artrack_256_full", "ARTrack", "artrack:artrack_256_full"),
    Row("ROMTrack", "ROMTrack", "tiny_256_stage1", "ROMTrack", "ROMTrack:tiny_256_stage1"),
    Row("TransT", "transt", "transt", "TransT", "transt:transt50"),
    Row("SUTrack", "sutrack", "sutrack_t224", "SUTrack", "sutrack:sutrack_t224"),
    Row("Stark", "stark_st2", "baseline", "STARK-ST stage 2", refused=True),
    Row("VideoX/SeqTrack", "seqtrack", "seqtrack_b256", "SeqTrack", refused=True),
    Row("MixFormer", "mixformer_vit_online", "baseline", "MixFormer online", refused=True),
    Row("MixFormerV2", "mixformer2_vit_online", "288_depth8_score", "MixFormerV2 online", refused=True),
    Row("LoRAT", "LoRAT", "dinov2", "LoRAT", refused=True),
    Row("SwinTrack", "SwinTrack", "Tiny", "SwinTrack", refused=True),
)
"""Cheap ones first."""
