"""What the fake checkout's settings files share; the real ones are written out."""

import torch.optim

from ltr.data import processing, sampler
from ltr.data.loader import LTRLoader
from ltr.dataset import Got10k


def loaders(settings, processing_class, *, train_frames=1, test_frames=1, with_validation=True, **params):
    dataset = Got10k(settings.env.got10k_dir, split="vottrain")
    made = []
    for name in ("train", "val") if with_validation else ("train",):
        process = getattr(processing, processing_class)(output_sz=64, mode="sequence", **params)
        samples = sampler.DiMPSampler(
            [dataset],
            [1],
            samples_per_epoch=4,
            max_gap=30,
            num_test_frames=test_frames,
            num_train_frames=train_frames,
            processing=process,
        )
        training = name == "train"
        made.append(
            LTRLoader(
                name,
                samples,
                training=training,
                batch_size=settings.batch_size,
                num_workers=settings.num_workers,
                shuffle=training,
                drop_last=True,
                stack_dim=1,
                epoch_interval=1 if training else 2,
            )
        )
    return made


def optimizer(net):
    made = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=1e-3)
    return made, torch.optim.lr_scheduler.StepLR(made, step_size=15, gamma=0.2)
