import importlib
from pathlib import Path

import torch


def torch_load_legacy(path):
    for part in ("model_constructor", "stats", "settings", "local"):
        importlib.import_module(f"ltr.admin.{part}")
    return torch.load(path, map_location="cpu")


def load_network(network_dir=None, checkpoint=None, constructor_fun_name=None, constructor_module=None, **kwargs):
    path = Path(network_dir)
    if path.is_dir():
        path = sorted(path.glob("*.pth.tar"))[-1]
    content = torch_load_legacy(str(path))
    content["constructor"].kwds.update(kwargs)
    net = content["constructor"].get()
    net.load_state_dict(content["net"])
    net.constructor = content["constructor"]
    return net, content
