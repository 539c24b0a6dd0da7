import os

from lib.config.mixformer_vit_online.config import cfg, update_config_from_file
from lib.test.evaluation.environment import env_settings
from lib.test.utils import TrackerParams


def parameters(yaml_name, model=None):
    params = TrackerParams()
    env = env_settings()
    update_config_from_file(os.path.join(env.prj_dir, f"experiments/mixformer_vit_online/{yaml_name}.yaml"))
    params.cfg = cfg
    params.search_size = cfg.DATA.SEARCH.SIZE
    params.template_size = cfg.DATA.TEMPLATE.SIZE
    params.checkpoint = os.path.join(env.save_dir, "models", model or "mixformer_vit_online.pth.tar")
    params.save_all_boxes = False
    return params
