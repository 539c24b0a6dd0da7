"""The bag of values that a settings file fills and that every checkpoint carries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any  # a value that a settings file assigns

from siou_tracking.ltr.admin.environment import EnvironmentSettings, env_settings


class Settings:
    """What `run(settings)` of a settings file gets: the folders, and any plain value the file assigns.

    The object is pickled into each checkpoint under upstream's class name, so assign plain values only: int, float,
    str, list, dict.

    Args:
        env: the folders of this machine; by default those in force (`environment.use_environment`).
        use_gpu: whether a CUDA device is used when there is one.
    """

    env: EnvironmentSettings
    use_gpu: bool

    def __init__(self, env: EnvironmentSettings | None = None, use_gpu: bool = True) -> None:
        self.env = env_settings() if env is None else env
        self.use_gpu = use_gpu

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"this run's settings have no '{name}': the settings file has to assign settings.{name}")


def watch_reading(settings: Settings, names: Iterable[str]) -> Callable[[], list[str]]:
    """Note which of `settings`' attributes are read; call the result for those that were not, which ends it.

    Until then the settings cannot be pickled, but by `storable`.
    """
    unread = dict.fromkeys(names)

    class Watched(Settings):
        def __getattribute__(self, name: str) -> Any:
            unread.pop(name, None)
            return super().__getattribute__(name)

    def end() -> list[str]:
        settings.__class__ = Settings
        return list(unread)

    settings.__class__ = Watched
    return end


def storable(settings: Any) -> Any:
    """Settings as a checkpoint takes them: a run that goes on may write one before its first step."""
    if not isinstance(settings, Settings) or type(settings) is Settings:
        return settings
    plain = Settings.__new__(Settings)
    vars(plain).update(vars(settings))
    return plain


# Pickled into checkpoints under upstream's name, so that either engine reads the other's.
Settings.__module__ = "ltr.admin.settings"
