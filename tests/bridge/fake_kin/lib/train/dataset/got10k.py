import os

import numpy as np
import pandas
import torch
from lib.train.admin import env_settings
from lib.train.data import opencv_loader

from .base_video_dataset import BaseVideoDataset

SPLITS = {"vottrain": "got10k_vot_train_split.txt", "votval": "got10k_vot_val_split.txt"}


class Got10k(BaseVideoDataset):
    def __init__(self, root=None, image_loader=opencv_loader, split=None):
        super().__init__("got10k", env_settings().got10k_dir if root is None else root, image_loader)
        with open(os.path.join(self.root, "list.txt")) as file:
            self.sequence_list = [line.strip() for line in file if line.strip()]
        if split is not None:
            specs = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "data_specs", SPLITS[split])
            ids = pandas.read_csv(specs, header=None, dtype=np.int64).squeeze("columns").values.tolist()
            self.sequence_list = [self.sequence_list[index] for index in ids]

    def _sequence_path(self, seq_id):
        return os.path.join(self.root, self.sequence_list[seq_id])

    def get_sequence_info(self, seq_id):
        options = {"delimiter": ",", "header": None, "dtype": np.float32, "na_filter": False, "low_memory": False}
        boxes = torch.tensor(
            pandas.read_csv(os.path.join(self._sequence_path(seq_id), "groundtruth.txt"), **options).values
        )
        valid = (boxes[:, 2] > 0) & (boxes[:, 3] > 0)
        return {"bbox": boxes, "valid": valid, "visible": valid.byte()}

    def _frame_path(self, seq_id, frame_id):
        return os.path.join(self._sequence_path(seq_id), f"{frame_id + 1:08}.jpg")

    def get_frames(self, seq_id, frame_ids, anno=None):
        frames = [self.image_loader(self._frame_path(seq_id, index)) for index in frame_ids]
        anno = self.get_sequence_info(seq_id) if anno is None else anno
        return frames, {"bbox": [anno["bbox"][index].clone() for index in frame_ids]}, {"object_class_name": None}
