import random

import torch.utils.data
from pytracking import TensorDict


class TrackingSampler(torch.utils.data.Dataset):
    def __init__(
        self,
        datasets,
        p_datasets,
        samples_per_epoch,
        max_gap,
        num_test_frames,
        num_train_frames=1,
        processing=lambda data: data,
        frame_sample_mode="causal",
    ):
        self.datasets = datasets
        self.p_datasets = p_datasets or [1] * len(datasets)
        self.samples_per_epoch = samples_per_epoch
        self.max_gap = max_gap
        self.num_test_frames = num_test_frames
        self.num_train_frames = num_train_frames
        self.processing = processing

    def __len__(self):
        return self.samples_per_epoch

    def __getitem__(self, index):
        dataset = random.choices(self.datasets, self.p_datasets)[0]
        sequence = random.randrange(dataset.get_num_sequences())
        info = dataset.get_sequence_info(sequence)
        frames = list(range(len(info["bbox"])))
        train = random.choices(frames, k=self.num_train_frames)
        test = random.choices(frames, k=self.num_test_frames)
        train_images, train_anno, meta = dataset.get_frames(sequence, train, info)
        test_images, test_anno, _ = dataset.get_frames(sequence, test, info)
        item = TensorDict(
            {
                "train_images": train_images,
                "train_anno": train_anno["bbox"],
                "test_images": test_images,
                "test_anno": test_anno["bbox"],
                "dataset": dataset.get_name(),
                "test_class": meta.get("object_class_name"),
            }
        )
        return self.processing(item)


class DiMPSampler(TrackingSampler):
    pass


class ATOMSampler(TrackingSampler):
    def __init__(self, datasets, p_datasets, samples_per_epoch, max_gap, num_test_frames=1, **options):
        super().__init__(datasets, p_datasets, samples_per_epoch, max_gap, num_test_frames, **options)
