from pathlib import Path

import numpy as np
import pandas
import torch

from ltr.admin.environment import env_settings
from ltr.data.image_loader import jpeg4py_loader


class Got10k:
    def __init__(self, root=None, image_loader=jpeg4py_loader, split=None, seq_ids=None, data_fraction=None):
        self.root = Path(env_settings().got10k_dir if root is None else root)
        self.image_loader = image_loader
        self.sequence_list = pandas.read_csv(self.root / "list.txt", header=None).squeeze("columns").values.tolist()

    def get_name(self):
        return "got10k"

    def is_video_sequence(self):
        return True

    def get_num_sequences(self):
        return len(self.sequence_list)

    def get_sequence_info(self, seq_id):
        path = self.root / self.sequence_list[seq_id] / "groundtruth.txt"
        options = {"delimiter": ",", "header": None, "dtype": np.float32, "na_filter": False, "low_memory": False}
        boxes = torch.tensor(pandas.read_csv(path, **options).values)
        valid = (boxes[:, 2] > 0) & (boxes[:, 3] > 0)
        return {"bbox": boxes, "valid": valid, "visible": valid.byte()}

    def get_frames(self, seq_id, frame_ids, anno=None):
        folder = self.root / self.sequence_list[seq_id]
        frames = [self.image_loader(str(folder / f"{index + 1:08d}.jpg")) for index in frame_ids]
        return frames, {"bbox": [anno["bbox"][index].clone() for index in frame_ids]}, {"object_class_name": None}
