"""What people read about an alert: subject, plain text and HTML, in their language."""

from umot.alerts.messages.rendering import (
    Manner,
    Message,
    alert_message,
    digest_message,
    manner_of,
    notice_message,
    trial_message,
)
from umot.alerts.messages.wording import catalogue, title_of

__all__ = [
    "Manner",
    "Message",
    "alert_message",
    "catalogue",
    "digest_message",
    "manner_of",
    "notice_message",
    "title_of",
    "trial_message",
]
