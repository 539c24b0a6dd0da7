import importlib
import os
import random

import _init_paths  # noqa: F401
import cv2
import lib.train.admin.settings as ws_settings
import numpy as np
import torch


def init_seeds(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.cuda.manual_seed(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def run_training(
    script_name,
    config_name,
    cudnn_benchmark=True,
    local_rank=-1,
    save_dir=None,
    base_seed=None,
    use_lmdb=False,
    script_name_prv=None,
    config_name_prv=None,
    use_wandb=False,
    distill=None,
    script_teacher=None,
    config_teacher=None,
):
    cv2.setNumThreads(0)
    torch.backends.cudnn.benchmark = cudnn_benchmark
    if base_seed is not None:
        init_seeds(base_seed if local_rank == -1 else base_seed + local_rank)
    settings = ws_settings.Settings()
    settings.script_name = script_name
    settings.config_name = config_name
    settings.project_path = f"train/{script_name}/{config_name}"
    if script_name_prv is not None and config_name_prv is not None:
        settings.project_path_prv = f"train/{script_name_prv}/{config_name_prv}"
    settings.local_rank = local_rank
    settings.save_dir = os.path.abspath(save_dir)
    settings.use_lmdb = use_lmdb
    project = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
    settings.cfg_file = os.path.join(project, f"experiments/{script_name}/{config_name}.yaml")
    settings.use_wandb = use_wandb
    importlib.import_module("lib.train.train_script").run(settings)
