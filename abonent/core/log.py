"""One JSON line an event, with the request's id and nothing personal; a card's number is masked, whoever logs it."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

from abonent.core import masking

request_id: ContextVar[str] = ContextVar("request_id", default="")

# The bank's address carries its secret in the path; no line may, whoever wrote it.
_SECRET_PATH = re.compile(r"(/hooks/[a-z]+/)[^/\s\"']+")


class JsonFormatter(logging.Formatter):
    """`{"at", "level", "from", "said", "request_id", …what the record carries as extra={"fields": {...}}}`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "said": record.getMessage(),
        }
        if request := request_id.get():
            line["request_id"] = request
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return masking.text(_SECRET_PATH.sub(r"\1…", json.dumps(line, ensure_ascii=False, default=str)))
