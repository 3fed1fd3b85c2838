"""Mapping templates: Velocity with API Gateway's variables."""

from __future__ import annotations

import pytest

from local_emulator.mapping_templates import MappingError, Source, check, render

SOURCE = Source(
    body='{"text": "a\\"b", "n": 1, "ok": true, "no": false, "list": [1, {"a": true}], "in": {"k": "v"}, "nil": null}',
    parameters={"path": {"id": "7"}, "querystring": {"q": "x y"}, "header": {"X-Mine": "h"}},
    context={"connectionId": "abc=", "authorizer": {"principalId": "ann"}, "connectedAt": 5},
    stage_variables={"colour": "red"},
)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("plain $ 5 #", "plain $ 5 #", id="plain"),
        pytest.param("$input.path('$.in.k') $input.path('$.list[0]') $input.path('$.ok')", "v 1 true", id="path"),
        pytest.param("[$input.path('$.none')]", "[]", id="path-of-nothing"),
        pytest.param("$input.json('$.in') $input.json('$.text')", '{"k":"v"} "a\\"b"', id="json"),
        pytest.param("$input.json('$.none')", '""', id="json-of-nothing"),
        pytest.param("$input.path('$.list')", '[1,{"a":true}]', id="list-prints-as-json"),
        pytest.param("$input.path('$.in')", "{k=v}", id="map-prints-as-java"),
        pytest.param("$input.params('id')$input.params('q')$input.params('x-mine')", "7x yh", id="params"),
        pytest.param("$input.params().querystring.get('q')", "x y", id="all-params"),
        pytest.param("$context.connectionId $context.authorizer.principalId", "abc= ann", id="context"),
        pytest.param("$stageVariables.colour ${stageVariables.colour}s", "red reds", id="stage-variables"),
        pytest.param("$util.escapeJavaScript($input.path('$.text'))", 'a\\"b', id="escape"),
        pytest.param("$util.base64Encode('hi') $util.base64Decode('aGk=')", "aGk= hi", id="base64"),
        pytest.param("$util.urlEncode('a b') $util.urlDecode('a+b')", "a+b a b", id="url"),
        pytest.param('$util.parseJson(\'{"a": 1}\').a', "1", id="parse-json"),
        pytest.param("#if($input.path('$.ok') == true)yes#{else}no#end", "yes", id="if"),
        pytest.param("#if($input.path('$.no'))yes#{else}no#end", "no", id="if-false"),
        pytest.param("#set($r = $input.path('$'))$r.in.k $r.list.size()", "v 2", id="set"),
        pytest.param("#foreach($k in $input.path('$').keySet())$k,#end", "text,n,ok,no,list,in,nil,", id="keys"),
        pytest.param("#foreach($e in $input.path('$.in').entrySet())$e.key=$e.value#end", "k=v", id="entries"),
        pytest.param("$unknown.thing", "$unknown.thing", id="unknown-stays"),
    ],
)  # fmt: skip
def test_render_fills_in(template: str, expected: str) -> None:
    """Each variable and function that the developer guide names."""
    check(template)
    assert render(template, SOURCE) == expected


def test_render_takes_a_body_that_is_no_json_as_it_is() -> None:
    """`$` is the whole of it, and nothing is in it."""
    assert render("$input.body|$input.path('$')|$input.path('$.a')", Source(body="text")) == "text|text|"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("$util.time.nowISO8601()", "util.time"),
        ("${input.xml('/')}", "input.xml"),
        ("#parse('x')", "#parse"),
        ("#macro(x)#end", "#macro"),
        ("#if($a", "no Velocity"),
    ],
)
def test_check_refuses_what_is_not_known(template: str, said: str) -> None:
    """When the template is read, and by its name."""
    with pytest.raises(MappingError, match=said):
        check(template)


@pytest.mark.parametrize("template", ["$util.parseJson('{')", "$input.path('$[')", "$util.base64Decode('?')"])
def test_render_says_that_it_cannot(template: str) -> None:
    """Whatever goes wrong within is one kind of error."""
    with pytest.raises(MappingError):
        render(template, SOURCE)
