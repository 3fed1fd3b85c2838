"""What a change of the template is said to be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from local_emulator.model import Application, Function, StoreResource
from local_emulator.reload.differences import differences
from local_emulator.reload.watching import affected

FUNCTION = Function(logical_id="A", name="a", handler="m.f", runtime="python3.11", code=Path("/code"))
TABLE = StoreResource(logical_id="T", type="AWS::DynamoDB::Table", name="t", properties={})


def test_parts_are_named() -> None:
    """Added, changed, removed, by logical id."""
    before = Application(functions={"A": FUNCTION, "B": replace(FUNCTION, logical_id="B")})
    after = Application(
        functions={"A": replace(FUNCTION, memory_mb=256), "C": replace(FUNCTION, logical_id="C")}
    )

    assert "added C; changed A; removed B" == differences(before, after)


def test_equal_templates_differ_in_nothing() -> None:
    """A comment was changed, perhaps."""
    assert "nothing that matters here has changed" == differences(
        Application(functions={}), Application(functions={})
    )


def test_what_cannot_change_while_it_runs_is_said() -> None:
    """A table's keys, for one; and what is removed is not thrown away."""
    before = Application(functions={}, store_resources=(TABLE, replace(TABLE, logical_id="U")))
    after = Application(functions={}, store_resources=(replace(TABLE, properties={"KeySchema": []}),))

    said = differences(before, after)

    assert "T stays as it was until the emulator is started again" in said
    assert "what is in U is kept until the emulator stops" in said


def test_whom_a_bucket_tells_may_change() -> None:
    """And so may a queue's settings: both are taken up."""
    bucket = StoreResource(logical_id="B", type="AWS::S3::Bucket", name="b", properties={})
    queue = StoreResource(logical_id="Q", type="AWS::SQS::Queue", name="q", properties={})
    before = Application(functions={}, store_resources=(bucket, queue))
    after = Application(
        functions={},
        store_resources=(
            replace(bucket, properties={"NotificationConfiguration": {"EventBridgeConfiguration": {}}}),
            replace(queue, properties={"VisibilityTimeout": 9}),
        ),
    )

    assert "changed B, Q" == differences(before, after)


def test_change_concerns_functions_whose_code_or_layer_it_is_in() -> None:
    """And no others."""
    functions = {
        "A": FUNCTION,
        "B": replace(FUNCTION, code=Path("/codex"), layers=(Path("/layer"),)),
        "C": replace(FUNCTION, code=Path("/code/deeper")),
    }

    assert ["A"] == affected([Path("/code/m.py")], functions)
    assert ["A", "C"] == affected([Path("/code/deeper/m.py")], functions)
    assert ["B"] == affected([Path("/layer/python/l.py")], functions)
    assert [] == affected([Path("/elsewhere")], functions)
