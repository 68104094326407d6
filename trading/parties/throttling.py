"""How fast one may guess: a few attempts free, then a wait that doubles with each further failure. Plain arithmetic."""

from datetime import timedelta

from msgspec import Struct


class Limit(Struct, frozen=True):
    """`free` failures within `window` cost nothing; from then on one waits, from `first` doubling up to `most`."""

    free: int
    first: timedelta
    most: timedelta
    window: timedelta

    def wait(self, failures: int) -> timedelta:
        """How long after the last of so many failures the next attempt is taken."""
        over = failures - self.free
        if over < 0:
            return timedelta()
        return min(self.first * (1 << min(over, 20)), self.most)


# One name from one address: whoever guesses at one account. 96 guesses in the first day, whatever the program.
PAIR = Limit(free=5, first=timedelta(seconds=30), most=timedelta(minutes=15), window=timedelta(days=1))
# One name from anywhere. High and short, or anybody could lock a bidder out on the last day by typing his name.
NAME = Limit(free=100, first=timedelta(seconds=15), most=timedelta(minutes=1), window=timedelta(hours=1))
# One address at any name. High, for a whole office may stand behind one address.
ADDRESS = Limit(free=200, first=timedelta(seconds=15), most=timedelta(minutes=15), window=timedelta(minutes=15))
KEPT = PAIR.window
