"""One work: heats that send hopeless variants home, then rounds in rotating order."""

import statistics

from processes import Failure

HEAT_SAMPLES = 2
# A variant that is so many times slower than the best of its own framework does not come further.
HOPELESS = 1.6


def play(entries, rounds, log):
    """Measures all entries; `log(entry, **facts)` gets every raw fact as it comes."""
    finalists = []
    try:
        for entry in entries:
            if begin(entry, log):
                finalists.append(entry)
                finalists = [one for one in finalists if keep(one, finalists, log)]
        for number in range(rounds):
            shift = number % max(1, len(finalists))
            for entry in finalists[shift:] + finalists[:shift]:
                if entry.error is None:
                    measure(entry, entry.samples, log, round=number)
        for entry in finalists:
            if entry.error is None:
                end(entry, log)
    finally:
        for entry in entries:
            entry.process.kill()


def begin(entry, log):
    """Starts an entry and measures its heat; whether it is in."""
    try:
        entry.process.start()
    except Failure as failure:
        return fail(entry, failure, log)
    log(entry, **entry.process.ready)
    for number in range(HEAT_SAMPLES):
        if not measure(entry, entry.heat, log, heat=number):
            return False
    return True


def keep(entry, finalists, log):
    """Whether an entry stays in; our own always does."""
    rivals = [min(one.heat) for one in finalists if one.framework == entry.framework]
    if entry.ours or min(entry.heat) <= HOPELESS * min(rivals):
        return True
    end(entry, log)
    return False


def measure(entry, samples, log, **where):
    try:
        samples.append(entry.process.sample())
    except Failure as failure:
        return fail(entry, failure, log)
    log(entry, ms=samples[-1], **where)
    return True


def end(entry, log):
    try:
        entry.process.finish()
    except Failure as failure:
        fail(entry, failure, log)
        return
    log(entry, peak_mb=entry.process.peak_mb)


def fail(entry, failure, log):
    entry.error = str(failure)
    entry.process.kill()
    log(entry, error=entry.error)
    return False


def median(entry):
    """Milliseconds of a finalist over its rounds; none for whoever is out."""
    return statistics.median(entry.samples) if entry.samples and entry.error is None else None


def best(entries):
    """The fastest finalist, or none."""
    ranked = [entry for entry in entries if median(entry) is not None]
    return min(ranked, key=median, default=None)
