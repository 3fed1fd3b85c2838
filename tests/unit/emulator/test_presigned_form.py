"""How an upload form is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_emulator.store.server.s3.errors import S3Error
from local_emulator.store.server.s3.form import Form, parse

BOUNDARY = "----x1"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
FILE = 'name="file"; filename="shelf.jpg"'


def part(disposition: str, content: bytes = b"") -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"
    return head.encode() + content + b"\r\n"


def form(*parts: bytes) -> Form:
    return parse(TYPE, b"".join(parts) + f"--{BOUNDARY}--\r\n".encode())


def refusal(content_type: str, body: bytes) -> S3Error:
    with pytest.raises(S3Error) as raised:
        parse(content_type, body)
    return raised.value


def test_fields_and_file_are_read() -> None:
    """Names of fields have no case."""
    read = form(
        part('name="Key"', b"a"), part('name="x-amz-meta-A"', "ü".encode()), part(FILE, b"\r\n\x00--")
    )

    assert read == Form({"key": "a", "x-amz-meta-a": "ü"}, b"\r\n\x00--")


def test_what_comes_after_the_file_is_ignored() -> None:
    """S3 takes the fields before the file only."""
    read = form(part('name="key"', b"a"), part(FILE, b"content"), part('name="acl"', b"x" * 30_000))

    assert read == Form({"key": "a"}, b"content")


def test_fields_of_one_name_are_joined() -> None:
    """By a comma."""
    read = form(
        part('name="x-amz-meta-tag"', b"Ninja"), part('name="X-Amz-Meta-Tag"', b"Stallman"), part(FILE)
    )

    assert read.fields == {"x-amz-meta-tag": "Ninja,Stallman"}


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("shelf.jpg", "shelf.jpg"),
        ("C:\\\\Program Files\\\\shelf.jpg", "shelf.jpg"),
        ("/home/me/shelf.jpg", "shelf.jpg"),
        ("größe.jpg", "größe.jpg"),
        ("", ""),
    ],
)
def test_filename_variable_stands_for_the_name_of_the_file(filename: str, name: str) -> None:
    """In any field, without the folders that some browsers send."""
    read = form(
        part('name="key"', b"a/${filename}"),
        part('name="x-amz-meta-n"', b"${filename} ${filename}"),
        part(f'name="file"; filename="{filename}"'),
    )

    assert read.fields == {"key": f"a/{name}", "x-amz-meta-n": f"{name} {name}"}


def test_filename_variable_stays_where_the_file_has_no_name() -> None:
    """As S3 does, though its documentation says otherwise."""
    read = form(part('name="key"', b"a/${filename}"), part('name="file"', b"text"))

    assert read == Form({"key": "a/${filename}"}, b"text")


@pytest.mark.parametrize("content_type", ["", "text/html", "application/x-www-form-urlencoded"])
def test_other_encodings_are_refused(content_type: str) -> None:
    """PreconditionFailed, 412."""
    error = refusal(content_type, b"")

    assert (412, "PreconditionFailed") == (error.status, error.code)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", part(FILE)),
        (TYPE, b""),
        (TYPE, b"no form"),
        (TYPE, part(FILE, b"cut off")),
        (TYPE, f"--{BOUNDARY}\r\nContent-Type: text/plain\r\n\r\nx\r\n--{BOUNDARY}--".encode()),
        (TYPE, part(FILE) + part('name="a"') * 1001 + f"--{BOUNDARY}--".encode()),
    ],
    ids=["no boundary", "empty", "no form", "cut off", "no disposition", "no end of parts"],
)
def test_body_that_is_no_form_is_malformed(content_type: str, body: bytes) -> None:
    """MalformedPOSTRequest, 400."""
    error = refusal(content_type, body)

    assert (400, "MalformedPOSTRequest") == (error.status, error.code)


@pytest.mark.parametrize("files", [0, 2])
def test_exactly_one_file_must_be_there(files: int) -> None:
    """InvalidArgument, 400, with their number; a file under another name is a field."""
    body = part('name="photo"; filename="a"', b"x") + part(FILE, b"x") * files + f"--{BOUNDARY}--".encode()

    error = refusal(TYPE, body)

    assert (400, "InvalidArgument") == (error.status, error.code)
    assert {"ArgumentName": "file", "ArgumentValue": str(files)} == error.extra


@pytest.mark.parametrize(
    "parts",
    [
        [part('name="a"', b"x" * 21_000), part(FILE)],
        [*[part('name="a"', b"x" * 2_000)] * 11, part(FILE)],
        [part('name="photo"; filename="a"', b"x" * 200_000)],
    ],
    ids=["one field", "many fields", "a file under another name"],
)
def test_fields_before_the_file_are_bounded(parts: list[bytes]) -> None:
    """20 KB, boundaries included."""
    error = refusal(TYPE, b"".join(parts) + f"--{BOUNDARY}--".encode())

    assert (400, "MaxPostPreDataLengthExceeded") == (error.status, error.code)
    assert {"MaxPostPreDataLengthBytes": 20480} == error.extra


def test_file_is_not_bounded_by_the_form() -> None:
    """What a file may hold is the policy's business."""
    content = bytes(range(256)) * 4096

    assert form(part('name="a"', b"x" * 20_000), part(FILE, content)).content == content


def test_field_that_is_no_unicode_is_refused() -> None:
    """Forms are UTF-8."""
    error = refusal(TYPE, part('name="key"', b"\xff") + part(FILE) + f"--{BOUNDARY}--".encode())

    assert (400, "InvalidArgument") == (error.status, error.code)


@given(
    content=st.binary(max_size=300).map(lambda it: it.replace(BOUNDARY.encode(), b"")),
    copies=st.integers(1, 700),
)
def test_file_comes_through_byte_for_byte(content: bytes, copies: int) -> None:
    """Line breaks and hyphens at the edges of what is read at once included."""
    whole = (content * copies).replace(BOUNDARY.encode(), b"")

    assert form(part('name="key"', b"a"), part(FILE, whole)).content == whole


@given(body=st.binary(max_size=400), inside=st.booleans())
def test_any_body_is_read_or_refused(body: bytes, inside: bool) -> None:
    """Never anything but a refusal in S3's own terms."""
    try:
        parse(TYPE, part('name="key"', b"a") + body + part(FILE) if inside else body)
    except S3Error as error:
        assert error.status == 400
