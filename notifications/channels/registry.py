"""The channels an installation has."""

from config.settings import Settings
from notifications.channels import Channel
from notifications.channels.email import Email
from notifications.channels.inbox import Inbox


def channels(settings: Settings) -> dict[str, Channel]:
    """By name, as the rules name them."""
    made: tuple[Channel, ...] = (Inbox(), Email(settings))
    return {channel.name: channel for channel in made}
