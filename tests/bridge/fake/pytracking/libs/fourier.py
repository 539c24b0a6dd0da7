import torch


def cfft2(a):
    return torch.rfft(a, 2)


def cifft2(a, signal_sizes=None):
    return torch.irfft(a, 2, signal_sizes=signal_sizes)
