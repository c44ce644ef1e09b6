from __future__ import annotations

from difflib import SequenceMatcher

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probelang.kernel.load import load_kernel
from probelang.near import Names, _Distance, find_near, find_near_in_text


def plain_distance(first: str, second: str) -> int:
    """Optimal string alignment by its textbook recurrence."""
    rows = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i in range(len(first) + 1):
        for j in range(len(second) + 1):
            if not i or not j:
                rows[i][j] = i + j
                continue
            cost = min(
                rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (first[i - 1] != second[j - 1])
            )
            if i > 1 and j > 1 and first[i - 1] == second[j - 2] and first[i - 2] == second[j - 1]:
                cost = min(cost, rows[i - 2][j - 2] + 1)
            rows[i][j] = cost
    return rows[-1][-1]


WORDS = st.text(st.sampled_from("abc_"), max_size=9)


@given(WORDS.filter(bool), WORDS)
def test_the_distance_is_that_of_the_textbook(first: str, second: str) -> None:
    assert _Distance(first).to(second) == plain_distance(first, second)


@given(st.lists(st.text(st.sampled_from("abcdefgh_"), min_size=1, max_size=14), max_size=30), st.data())
def test_one_slip_is_always_found(names: list[str], data: st.DataObject) -> None:
    long_enough = [name for name in names if len(name) >= 5]
    if not long_enough:
        return
    name = data.draw(st.sampled_from(long_enough))
    at = data.draw(st.integers(0, len(name) - 1))
    slips = [name[:at] + name[at + 1 :], name[:at] + "x" + name[at + 1 :], name[:at] + "x" + name[at:]]
    slip = data.draw(st.sampled_from(slips))
    near = find_near(slip, names)
    as_near = [other for other in near if plain_distance(slip, other) <= 1]
    assert name == slip or name in near or len(as_near) == 3


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("vfs_raed", "vfs_read"),
        ("vsf_read", "vfs_read"),
        ("tcp_v4_conect", "tcp_v4_connect"),
        ("do_sys_opnat2", "do_sys_openat2"),
        ("ext4_file_wrt_iter", "ext4_file_write_iter"),
        ("__vfs_read", "vfs_read"),
        ("get_user_page", "get_user_pages"),
        ("schedul", "schedule"),
        ("filp_opne", "filp_open"),
    ],
)
def test_what_people_mistype_in_a_real_kernel(typed: str, meant: str) -> None:
    kernel = load_kernel("6.12")
    near = kernel.find_function(typed).near  # type: ignore[union-attr]
    assert meant in near
    assert len(near) <= 3


def test_a_name_like_no_other_has_no_near_names() -> None:
    assert load_kernel("6.12").find_function("xyzzy_quux_plugh").near == ()  # type: ignore[union-attr]


def test_no_name_is_near_to_itself_and_none_twice() -> None:
    near = find_near("vfs_read", ["vfs_read", "vfs_read", "vfs_reads", "vfs_reads"])
    assert near == ("vfs_reads",)


def test_what_the_compiler_made_of_a_function_comes_first() -> None:
    names = ["do_one", "do_onf", "do_ong", "do_onh", "do_onx.isra.0"]
    assert find_near("do_onx", names)[0] == "do_onx.isra.0"


def test_a_value_behind_a_tab_is_no_part_of_the_name() -> None:
    assert find_near_in_text("xfs_raed", "\nxfs_read\txfs\nzzz\t\n") == ("xfs_read",)


def test_the_nearest_comes_first() -> None:
    names = ["vfs_readv", "vfs_read", "vfs_write", "vfs_reread"]
    near = find_near("vfs_rea", names)
    ratios = [SequenceMatcher(None, "vfs_rea", name).ratio() for name in near]
    assert near[0] == "vfs_read"
    assert ratios == sorted(ratios, reverse=True)


@given(st.text(max_size=40), st.lists(st.text(max_size=12), max_size=20))
def test_any_text_is_taken(name: str, names: list[str]) -> None:
    assert len(find_near(name, names)) <= 3


def test_names_that_are_asked_again_say_the_same() -> None:
    """What is asked for often looks at a part of the names, and finds what all of them have."""
    from probelang.kernel.load import load_kernel

    table = load_kernel("6.12").table("functions")
    assert table is not None
    text = table.data.decode("latin-1")
    names = Names(text)
    wrong = [
        "vfs_raed",
        "tcp_drop",
        "do_unlinkatt",
        "x",
        "ext4_mark_inode",
        "schedul",
        "__alloc_page",
        "a" * 200,
    ]
    for name in (*wrong, *table.keys()[::3000]):
        assert names.find_near(name) == find_near_in_text(name, text), name
