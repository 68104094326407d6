"""What a member signs, byte for byte: the browser's test has the same bytes."""

from experts.proof.documents import member_message

LABEL = b"LBD1/member"


def test_the_digest_and_a_dissent_are_framed_under_the_members_label() -> None:
    digest = "cd" * 32
    plain = b"\x00\x00\x00\x0b" + LABEL + b"\x00\x00\x00\x20" + bytes.fromhex(digest)
    assert member_message(digest) == plain
    assert member_message(digest, "不同意") == plain + b"\x00\x00\x00\x09" + "不同意".encode()
