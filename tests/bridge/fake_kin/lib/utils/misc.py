import torch.distributed as dist


def get_rank():
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


def is_main_process():
    return get_rank() == 0


def get_world_size():
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1
