"""The channels an installation has: every file of this folder is one, this one apart. Nothing is listed twice."""

import importlib
import pkgutil
from types import ModuleType

import notifications.channels
from config.settings import Settings
from notifications.channels import Channel

LONGEST_NAME = 20
"""What the column of the notice takes."""
WHOLE = ("name", "label", "form", "send")
"""What a channel has, as `Channel` says; a page that lacks one of them would break only once somebody opens it."""


class NotAChannel(Exception):
    """A file in the folder of channels is none, or takes a name that is taken."""


def channels(settings: Settings, folder: ModuleType = notifications.channels) -> dict[str, Channel]:
    """By name. NotAChannel, when a file does not fit: half a channel would lose messages in silence."""
    made: dict[str, Channel] = {}
    for file in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
        if file.name == __name__:
            continue
        module = importlib.import_module(file.name)
        if not callable(getattr(module, "channel", None)):
            raise NotAChannel(f"{file.name} has no function channel(settings)")
        found: Channel = module.channel(settings)
        if missing := [each for each in WHOLE if not hasattr(found, each)]:
            raise NotAChannel(f"{file.name}: what channel(settings) gives has no {', '.join(missing)}")
        if found.name in made or not 0 < len(found.name) <= LONGEST_NAME:
            raise NotAChannel(f"{file.name}: the name {found.name!r} is taken, empty or too long")
        made[found.name] = found
    return made
