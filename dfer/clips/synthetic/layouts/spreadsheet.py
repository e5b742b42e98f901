"""A table as an Excel file, the same bytes for the same cells."""

import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_WRITTEN = b"2000-01-01T00:00:00Z"
_PACKED = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can hold


def write_spreadsheet(file: Path, rows: Iterable[Sequence[str | int]]) -> None:
    """One sheet of the rows. openpyxl writes the time into the workbook and into the zip: both are undone."""
    from openpyxl import Workbook  # here: a quarter of a second, and only for who draws DFEW

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    for row in rows:
        sheet.append(list(row))
    dated = io.BytesIO()
    book.save(dated)
    file.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(dated) as source, ZipFile(file, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(
                    rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + _WRITTEN, content
                )
            target.writestr(ZipInfo(name, date_time=_PACKED), content, compress_type=ZIP_DEFLATED)
