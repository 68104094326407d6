"""Password hashes."""

from trading.parties.passwords import hash_password, verify_password


async def test_a_hash_is_argon2id_salted_and_verifies() -> None:
    first, second = await hash_password("correct horse 42"), await hash_password("correct horse 42")
    assert first != second
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await verify_password(first, "correct horse 42")
    assert not await verify_password(first, "correct horse 43")


async def test_nobodys_password_is_never_right_and_a_broken_hash_no_error() -> None:
    assert not await verify_password(None, "correct horse 42")
    assert not await verify_password("$argon2id$broken", "correct horse 42")
