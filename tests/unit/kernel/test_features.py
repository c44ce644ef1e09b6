from __future__ import annotations

import re

import pytest

from probelang.kernel.features import FEATURES, Features
from probelang.kernel.load import load_kernel
from probelang.render.kernel import GROUPS
from tests.support.kernels import fake_kernel
from tests.unit.btf.writer import Writer

NOT_ON_6_12 = {
    "watchpoint", "eprobe_typecast", "typecast", "current", "percpu", "long_args", "nesting_limit",
    "shared_tracepoints", "file_offsets",
}  # fmt: skip
NOT_ON_6_1 = NOT_ON_6_12 | {
    "fprobe", "tprobe", "module_tracepoints", "param_names", "meta_args", "retval_type", "member_names",
    "string_check", "entry_data", "char_type", "dentry_names", "fprobe_maxactive", "eprobe_pointers",
}  # fmt: skip
# What each kernel was seen to accept and to refuse when it was booted (file_offsets: 6.12.107 does it, and nothing tells).
SEEN = {"6.1": NOT_ON_6_1, "6.12": NOT_ON_6_12, "7.3": {"watchpoint", "fprobe_maxactive"}}


@pytest.mark.parametrize("name", SEEN)
def test_the_features_of_the_kernels_that_come_along(name: str) -> None:
    features = load_kernel(name).features
    assert {feature for feature in FEATURES if features.get(feature) is False} == SEEN[name]
    assert not [feature for feature in FEATURES if features.get(feature) is None]


@pytest.mark.parametrize("name", SEEN)
def test_btf_alone_and_the_readme_alone_agree(name: str) -> None:
    kernel = load_kernel(name)
    text = bytes(kernel.sources.section("readme") or b"").decode()
    from_btf = Features(lambda: kernel.btf, lambda: None)
    from_readme = Features(lambda: None, lambda: text)
    for feature in FEATURES.values():
        by_readme = from_readme.get(feature.name)
        assert by_readme is None or by_readme == from_btf.get(feature.name), feature.name
        assert (by_readme is None) == (feature.readme == "")


def test_without_btf_and_readme_everything_is_unknown() -> None:
    features = fake_kernel().features
    assert {features.get(name) for name in FEATURES} == {None}


def test_a_blob_without_the_probe_parser_has_none_of_it() -> None:
    writer = Writer()
    writer.integer("int", 4)
    features = fake_kernel(writer.blob()).features
    assert {features.get(name) for name in FEATURES} == {False}


def test_enumerators_are_no_proof_where_the_configuration_left_the_code_out() -> None:
    writer = Writer()
    writer.enum("", {"TP_ERR_NO_BTFARG": 0, "TP_ERR_NO_BTF_FIELD": 1})
    assert fake_kernel(writer.blob()).features.param_names is False
    writer.func("btf_find_func_proto", writer.proto(0))
    features = fake_kernel(writer.blob()).features
    assert features.param_names is True
    assert features.member_names is False


def test_every_feature_is_an_attribute_and_shown_once() -> None:
    declared = {name for name in Features.__annotations__ if not name.startswith("_")}
    assert declared == set(FEATURES)
    shown = [name for _, names in GROUPS for name in names]
    assert sorted(shown) == sorted(FEATURES)


def test_a_misspelt_feature_is_a_bug_not_an_answer() -> None:
    with pytest.raises(AttributeError):
        fake_kernel().features.fprobes  # noqa: B018


def test_each_feature_names_a_release_and_a_source() -> None:
    for feature in FEATURES.values():
        assert feature.title
        assert re.fullmatch(r"[0-9a-f]{12}|kernel/trace/\w+\.[ch]", feature.source)
        assert feature.since == "" or re.fullmatch(r"\d+\.\d+(\.\d+)?", feature.since)
