"""How much a form may carry: known before the first byte of it is read."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

MOST_OCTETS = 52 * 1024 * 1024  # five files of 10 MB, and their wrapping
OF_STAFF = {
    "/staff/import/": 1024**3
}  # larger ones, from who is signed in as staff; they go to the disk piece by piece


class BoundedUpload(FileUploadHandler):
    """The first of the handlers: refuses, then leaves the work to the others."""

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        request = self.request
        is_staff = request is not None and getattr(getattr(request, "user", None), "is_staff", False)
        most = OF_STAFF.get(request.path, MOST_OCTETS) if is_staff and request is not None else MOST_OCTETS
        if content_length > most:
            raise RequestDataTooBig("the form is too large")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        return None
