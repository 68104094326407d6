"""How long one waits after so many failures."""

from datetime import timedelta

from trading.parties.throttling import NAME, PAIR, Limit


def test_a_few_are_free_then_the_wait_doubles_up_to_its_most() -> None:
    limit = Limit(free=3, first=timedelta(seconds=30), most=timedelta(minutes=5), window=timedelta(days=1))
    waits = [int(limit.wait(failures).total_seconds()) for failures in range(9)]
    assert waits == [0, 0, 0, 30, 60, 120, 240, 300, 300]
    assert limit.wait(10_000) == limit.most


def test_one_address_makes_few_guesses_a_day_and_many_addresses_lock_nobody_out_for_long() -> None:
    day, guesses, failures = timedelta(), 0, 0
    while day < timedelta(days=1):
        guesses, failures = guesses + 1, failures + 1
        day += PAIR.wait(failures)
    assert guesses < 110
    assert NAME.wait(1_000_000) <= timedelta(minutes=1)
