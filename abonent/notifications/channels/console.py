"""The channel of an installation without gateways: the log says that a notice would have gone."""

import logging

from abonent.notifications.channels.message import Message

log = logging.getLogger(__name__)


def send(message: Message) -> None:
    log.info("notice %s %s would be sent", message.notice_id, message.kind)
