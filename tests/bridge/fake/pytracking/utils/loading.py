from pathlib import Path

import ltr.admin.loading as ltr_loading

from pytracking.evaluation.environment import env_settings


def load_network(net_path, **kwargs):
    folders = env_settings().network_path
    for folder in folders if isinstance(folders, (list, tuple)) else [folders]:
        if (Path(folder) / net_path).is_file():
            return ltr_loading.load_network(str(Path(folder) / net_path), backbone_pretrained=False, **kwargs)[0]
    raise FileNotFoundError(net_path)
