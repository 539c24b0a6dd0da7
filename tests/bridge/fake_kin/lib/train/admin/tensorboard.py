from pathlib import Path

try:
    from torch.utils.tensorboard import SummaryWriter
except Exception:
    from tensorboardX import SummaryWriter


class TensorboardWriter:
    def __init__(self, directory, loader_names):
        self.writer = {name: SummaryWriter(str(Path(directory) / name)) for name in loader_names}

    def write_epoch(self, stats, epoch):
        for loader, values in stats.items():
            for name, value in (values or {}).items():
                if value.history:
                    self.writer[loader].add_scalar(name, value.history[-1], epoch)
