"""The bag of values that a settings file fills and that every checkpoint carries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any  # a value that a settings file assigns, what a checkpoint holds

from siou_tracking.ltr.admin.environment import EnvironmentSettings, env_settings

SETTINGS_NAMES = ("module_name", "script_name")
"""Attributes with the two names that a run is filed under."""


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


def trained_box_loss(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """The box loss that a checkpoint was trained with, None for the settings' own; a checkout's has it in them."""
    return content.get("box_loss") or getattr(content.get("settings"), "box_loss_choice", None)


def settings_names(content: Mapping[str, Any]) -> dict[str, str]:
    """The names `module_name` and `script_name` of the settings that a checkpoint was trained with, as far as it says.

    Args:
        content: of a file; its 'settings' are such an object, or of a safetensors file these names alone.
    """
    settings = content.get("settings")
    values = settings if isinstance(settings, dict) else getattr(settings, "__dict__", {})
    return {name: values[name] for name in SETTINGS_NAMES if isinstance(values.get(name), str)}


# Pickled into checkpoints under upstream's name, so that either engine reads the other's.
Settings.__module__ = "ltr.admin.settings"
