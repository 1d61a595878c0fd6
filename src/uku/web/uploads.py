"""Files that people send: in memory, and never more of one than we take."""

from __future__ import annotations

import io
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from uku.clients.import_files.tables import MOST_BYTES


class BoundedUpload(FileUploadHandler):
    """Keep at most a byte more than the largest file we take, and forget the rest as it comes in.

    The view sees a file that is too large, and says so; hanging up in the middle would leave the person without words.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._kept = io.BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002  # Django's signature
        self._kept.write(raw_data[: MOST_BYTES + 1 - self._kept.tell()])

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:  # noqa: ARG002  # may be more than is kept
        size = self._kept.tell()
        self._kept.seek(0)
        return InMemoryUploadedFile(
            self._kept,
            self.field_name,
            self.file_name,
            self.content_type,
            size,
            self.charset,
            self.content_type_extra,
        )
