import os

from lib.train.admin import env_settings
from lib.train.data import opencv_loader

from .got10k import Got10k


class Lasot(Got10k):
    def __init__(self, root=None, image_loader=opencv_loader):
        root = env_settings().lasot_dir if root is None else root
        self.name, self.root, self.image_loader = "lasot", root, image_loader
        self.sequence_list = sorted(name for name in os.listdir(root) if "-" in name)

    def _sequence_path(self, seq_id):
        name = self.sequence_list[seq_id]
        return os.path.join(self.root, name.split("-")[0], name)

    def _frame_path(self, seq_id, frame_id):
        return os.path.join(self._sequence_path(seq_id), "img", f"{frame_id + 1:08}.jpg")
