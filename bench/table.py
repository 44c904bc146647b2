"""The results as Markdown."""

import match


def text(facts, played, full):
    parts = ["# Speed beside the peers", "", machine_in_words(facts), "",
             f"By `{facts['command']}`.", "", *summary(played)]
    if any(work == "job-fashion-mnist" for work, _, _ in played) and not full:
        parts += ["", "job-fashion-mnist is the short form: 1 seed, and 1 epoch for each network."]
    for work, rounds, entries in played:
        parts += ["", f"## {work}", "", *details(rounds, entries)]
    return "\n".join(parts) + "\n"


def machine_in_words(facts):
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    return (
        f"{facts['processor']}, {facts['cores']} cores, {facts['level']}, "
        f"{facts['memory_mb'] / 1024:.0f} GiB; {facts['system']}; load {facts['load']} at the "
        f"start; {facts['when']}. potstill {facts['commit']} by {facts['rustc']}"
        f"{' with ' + facts['rustflags'] if facts['rustflags'] else ''}; "
        f"Python {facts['python']}, {versions}."
    )


def summary(played):
    lines = [
        "Milliseconds a step (or a whole process), median over rounds, the better of one and two",
        "threads. Ratio: best peer / potstill, above 1 where potstill is faster. Memory: peak of",
        "the process in MB.",
        "",
        "| work | potstill | best peer | | ratio | memory potstill | memory best peer | parameters |",
        "|---|---:|---:|---|---:|---:|---:|---|",
    ]
    for work, _, entries in played:
        ours = match.best(entry for entry in entries if entry.ours)
        peer = match.best(entry for entry in entries if not entry.ours)
        ratio = f"{match.median(peer) / match.median(ours):.2f}" if ours and peer else "none"
        lines.append(
            f"| {work} | {time_of(ours)} | {time_of(peer)} | {title(peer)} | {ratio} "
            f"| {memory_of(ours)} | {memory_of(peer)} | {parameters(entries)} |"
        )
    return lines


def details(rounds, entries):
    lines = [
        f"{rounds} rounds. Sent home: slower than {match.HOPELESS} times the best variant of the "
        "same framework in the heat, whose faster sample is shown.",
        "",
        "| contestant | threads | ms | least to most | imported MB | warm MB | peak MB | |",
        "|---|---:|---:|---|---:|---:|---:|---|",
    ]
    for entry in sorted(entries, key=order):
        ready = entry.process.ready
        samples = entry.samples if match.median(entry) is not None else entry.heat
        spread = f"{short(min(samples))} to {short(max(samples))}" if samples else ""
        lines.append(
            f"| {entry.name} | {entry.threads or ''} | {shown(entry)} | {spread} "
            f"| {ready.get('before_mb', '')} | {ready.get('rss_mb', '')} "
            f"| {entry.process.peak_mb or ''} | {remark(entry)} |"
        )
    return lines


def order(entry):
    """Finalists by time, then those sent home, then those that failed; ours first among equals."""
    value = match.median(entry)
    if value is not None:
        return (0, value)
    return (2, 0.0) if entry.error else (1, min(entry.heat, default=0.0))


def shown(entry):
    value = match.median(entry)
    if value is None and entry.heat and not entry.error:
        value = min(entry.heat)
    return "" if value is None else short(value)


def remark(entry):
    if entry.error:
        return "failed: " + entry.error.replace("|", "/").replace("\n", " ")
    return "" if entry.samples else "sent home"


def parameters(entries):
    counts = {entry.name: entry.process.ready.get("parameters") for entry in entries}
    found = sorted({count for count in counts.values() if count is not None})
    if len(found) > 1:
        told = ", ".join(f"{name} {count}" for name, count in counts.items() if count is not None)
        return f"NOT EQUAL: {told}"
    return f"{found[0]:,}, equal" if found else ""


def title(entry):
    if entry is None:
        return ""
    return f"{entry.name}, {entry.threads} threads" if entry.threads else entry.name


def time_of(entry):
    return "none" if entry is None else short(match.median(entry))


def memory_of(entry):
    return "none" if entry is None or entry.process.peak_mb is None else f"{entry.process.peak_mb:.0f}"


def short(value):
    """Three digits, without an exponent."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.4f}"
