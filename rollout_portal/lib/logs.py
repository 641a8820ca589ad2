"""Structured logs: `entity.action` with ids, one JSON object a line in production."""

import logging.config
import re
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

# A word so long in an address is no name and no id: it is the token of somebody's personal link.
_TOKEN: Final = re.compile(r"/[A-Za-z0-9_-]{40,}(?=[/?#\s\"']|$)")


def without_tokens(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take the tokens of personal links out of every text of an entry, the trace of an error included."""
    for name, value in entry.items():
        if isinstance(value, str):
            entry[name] = _TOKEN.sub("/…", value)
    return entry


def configure(options: dict[str, Any]) -> None:
    """Set up standard logging and structlog; the value of LOGGING is `{"format", "level"}`."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if options["format"] == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.format_exc_info,
                        without_tokens,
                        renderer,
                    ],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["stderr"], "level": options["level"]},
            "loggers": {"django.server": {"level": "WARNING"}},
        }
    )
