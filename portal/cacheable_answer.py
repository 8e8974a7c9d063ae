"""An answer that is serialised once, with an ETag, so that clients and proxies revalidate it without its content."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from fastapi import Request, Response

from portal.schemas import ApiModel


@dataclass(frozen=True, slots=True)
class CacheableAnswer:
    """Content of an answer and its entity tag: weak, because the answer may be compressed on its way."""

    content: bytes
    etag: str
    media_type: str = "application/json"

    @classmethod
    def of(cls, model: ApiModel, media_type: str = "application/json") -> Self:
        """The answer with this model as JSON."""
        return cls.of_bytes(model.model_dump_json().encode(), media_type)

    @classmethod
    def of_bytes(cls, content: bytes, media_type: str) -> Self:
        """The answer with this content."""
        return cls(content, f'W/"{sha256(content).hexdigest()[:20]}"', media_type)

    def respond(self, request: Request, cache_control: str, headers: Mapping[str, str] | None = None) -> Response:
        """The content, or 304 without it for a client that has it. headers: further headers of both."""
        all_headers = {"ETag": self.etag, "Cache-Control": cache_control, **(headers or {})}
        known = {tag.strip() for tag in request.headers.get("If-None-Match", "").split(",")}
        if known & {self.etag, self.etag.removeprefix("W/"), "*"}:
            return Response(status_code=304, headers=all_headers)
        return Response(self.content, media_type=self.media_type, headers=all_headers)
