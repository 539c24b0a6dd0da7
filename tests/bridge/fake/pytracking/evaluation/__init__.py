from .tracker import Tracker

__all__ = ["Tracker"]
