import yaml
from easydict import EasyDict as edict

cfg = edict()

cfg.MODEL = edict()
cfg.MODEL.PRETRAIN_FILE = ""
cfg.MODEL.BACKBONE = edict()
cfg.MODEL.BACKBONE.TYPE = "tiny"

cfg.TRAIN = edict()
cfg.TRAIN.LR = 0.001
cfg.TRAIN.WEIGHT_DECAY = 0.0001
cfg.TRAIN.EPOCH = 2
cfg.TRAIN.LR_DROP_EPOCH = 400
cfg.TRAIN.BATCH_SIZE = 2
cfg.TRAIN.NUM_WORKER = 0
cfg.TRAIN.GIOU_WEIGHT = 2.0
cfg.TRAIN.IOU_WEIGHT = 2.0
cfg.TRAIN.L1_WEIGHT = 5.0
cfg.TRAIN.PRINT_INTERVAL = 2
cfg.TRAIN.VAL_EPOCH_INTERVAL = 2
cfg.TRAIN.GRAD_CLIP_NORM = 0.1
cfg.TRAIN.AMP = False
cfg.TRAIN.SCHEDULER = edict()
cfg.TRAIN.SCHEDULER.TYPE = "step"

cfg.DATA = edict()
cfg.DATA.MAX_SAMPLE_INTERVAL = 200
cfg.DATA.TRAIN = edict()
cfg.DATA.TRAIN.DATASETS_NAME = ["GOT10K_vottrain"]
cfg.DATA.TRAIN.DATASETS_RATIO = [1]
cfg.DATA.TRAIN.SAMPLE_PER_EPOCH = 4
cfg.DATA.VAL = edict()
cfg.DATA.VAL.DATASETS_NAME = ["GOT10K_votval"]
cfg.DATA.VAL.DATASETS_RATIO = [1]
cfg.DATA.VAL.SAMPLE_PER_EPOCH = 4
cfg.DATA.SEARCH = edict()
cfg.DATA.SEARCH.SIZE = 32
cfg.DATA.SEARCH.NUMBER = 1
cfg.DATA.TEMPLATE = edict()
cfg.DATA.TEMPLATE.SIZE = 16
cfg.DATA.TEMPLATE.NUMBER = 1

cfg.TEST = edict()
cfg.TEST.EPOCH = 2
cfg.TEST.UPDATE_INTERVALS = edict()
cfg.TEST.UPDATE_INTERVALS.LASOT = [200]
cfg.TEST.UPDATE_INTERVALS.GOT10K_TEST = [10]


def _update_config(base_cfg, exp_cfg):
    for key, value in exp_cfg.items():
        if key not in base_cfg:
            raise ValueError(f"{key} not exist in config.py")
        if isinstance(value, dict):
            _update_config(base_cfg[key], value)
        else:
            base_cfg[key] = value


def update_config_from_file(filename):
    with open(filename) as file:
        _update_config(cfg, edict(yaml.safe_load(file)))
