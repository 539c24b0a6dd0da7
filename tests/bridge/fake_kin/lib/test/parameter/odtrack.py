import os

from lib.config.odtrack.config import cfg, update_config_from_file
from lib.test.evaluation.environment import env_settings
from lib.test.utils import TrackerParams


def parameters(yaml_name):
    params = TrackerParams()
    env = env_settings()
    update_config_from_file(os.path.join(env.prj_dir, f"experiments/odtrack/{yaml_name}.yaml"))
    params.cfg = cfg
    params.search_size = cfg.DATA.SEARCH.SIZE
    params.template_size = cfg.DATA.TEMPLATE.SIZE
    file = f"checkpoints/train/odtrack/{yaml_name}/ODTrack_ep{cfg.TEST.EPOCH:04d}.pth.tar"
    params.checkpoint = os.path.join(env.save_dir, file)
    params.save_all_boxes = False
    return params
