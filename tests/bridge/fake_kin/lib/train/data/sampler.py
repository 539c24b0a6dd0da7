import random

import torch
from lib.utils import TensorDict


class TrackingSampler(torch.utils.data.Dataset):
    def __init__(
        self,
        datasets,
        p_datasets,
        samples_per_epoch,
        max_gap,
        num_search_frames,
        num_template_frames=1,
        processing=lambda data: data,
    ):
        self.datasets = datasets
        self.p_datasets = p_datasets or [len(one) for one in datasets]
        self.samples_per_epoch = samples_per_epoch
        self.max_gap = max_gap
        self.num_search_frames = num_search_frames
        self.num_template_frames = num_template_frames
        self.processing = processing

    def __len__(self):
        return self.samples_per_epoch

    def __getitem__(self, index):
        return self.getitem()

    def getitem(self):
        valid = False
        while not valid:
            dataset = random.choices(self.datasets, self.p_datasets)[0]
            seq_id, visible, info = self.sample_seq_from_dataset(dataset, dataset.is_video_sequence())
            frames = [index for index in range(len(visible)) if visible[index]]
            template_ids = random.choices(frames, k=self.num_template_frames)
            search_ids = random.choices(frames, k=self.num_search_frames)
            try:
                template, template_anno, _ = dataset.get_frames(seq_id, template_ids, info)
                search, search_anno, meta = dataset.get_frames(seq_id, search_ids, info)
                _height, _width, _ = template[0].shape
                data = TensorDict(
                    {
                        "template_images": template,
                        "template_anno": template_anno["bbox"],
                        "search_images": search,
                        "search_anno": search_anno["bbox"],
                        "dataset": dataset.get_name(),
                        "test_class": meta.get("object_class_name"),
                    }
                )
                data = self.processing(data)
                valid = data["valid"]
            except:  # noqa: E722
                valid = False
        return data

    def sample_seq_from_dataset(self, dataset, is_video_dataset):
        enough = False
        while not enough:
            seq_id = random.randint(0, dataset.get_num_sequences() - 1)
            info = dataset.get_sequence_info(seq_id)
            visible = info["visible"]
            enough = visible.sum().item() >= 2 * (self.num_search_frames + self.num_template_frames)
        return seq_id, visible, info
