import importlib
import multiprocessing
import sys
from pathlib import Path

import cv2
import torch

sys.path.append(str(Path(__file__).resolve().parent.parent))

import ltr.admin.settings as ws_settings


def run_training(train_module, train_name, cudnn_benchmark=True):
    cv2.setNumThreads(0)
    torch.backends.cudnn.benchmark = cudnn_benchmark
    settings = ws_settings.Settings()
    settings.module_name = train_module
    settings.script_name = train_name
    settings.project_path = f"ltr/{train_module}/{train_name}"
    importlib.import_module(f"ltr.train_settings.{train_module}.{train_name}").run(settings)


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn", force=True)
    run_training(*sys.argv[1:3])
