"""Answers to the exercises of lesson 17."""

from itertools import groupby

# 17.1: an alert that is confirmed


def with_a_run(rates, on, off, times):
    told, active, run = [], False, 0
    for place, rate in enumerate(rates):
        counts = rate < off if active else rate >= on
        run = run + 1 if counts else 0
        if run >= times:
            active, run = not active, 0
            told.append((place, "raised" if active else "cleared"))
    return told


def by_looking_back(rates, on, off, times):
    """Look at the last `times` values, all of them since the last change."""
    told, since = [], 0
    for place in range(len(rates)):
        last = rates[max(since, place - times + 1) : place + 1]
        active = len(told) % 2 == 1
        if len(last) == times and all(rate < off if active else rate >= on for rate in last):
            told.append([place, "cleared" if active else "raised"])
            since = place + 1
    return tuple(told)


def plain(rates, on, off, times):
    return with_a_run(rates, on, on, times)


def unconfirmed(rates, on, off, times):
    return with_a_run(rates, on, off, 1)


def in_all(rates, on, off, times):
    told, active, count = [], False, 0
    for place, rate in enumerate(rates):
        count += rate < off if active else rate >= on
        if count == times:
            active, count = not active, 0
            told.append((place, "raised" if active else "cleared"))
    return told


def where_it_began(rates, on, off, times):
    return [(place - times + 1, kind) for place, kind in with_a_run(rates, on, off, times)]


def above(rates, on, off, times):
    return with_a_run(rates, on + 0.001, off, times)


def at_off(rates, on, off, times):
    return with_a_run(rates, on, off + 0.001, times)


def ends_at_once(rates, on, off, times):
    told, active, run = [], False, 0
    for place, rate in enumerate(rates):
        if active:
            if rate < off:
                told.append((place, "cleared"))
                active, run = False, 0
        else:
            run = run + 1 if rate >= on else 0
            if run == times:
                told.append((place, "raised"))
                active = True
    return told


def never_resets(rates, on, off, times):
    """The run goes on after a change, so that the next one comes too soon or never."""
    told, active, run = [], False, 0
    for place, rate in enumerate(rates):
        run = run + 1 if (rate < off if active else rate >= on) else 0
        if run == times:
            active = not active
            told.append((place, "raised" if active else "cleared"))
    return told


def runs_of_equal(rates, on, off, times):
    """Runs of equal values only."""
    told, place = [], 0
    for rate, run in groupby(rates):
        length = len(list(run))
        if rate >= on and length >= times:
            told.append((place + times - 1, "raised"))
        place += length
    return told


def only_raised(rates, on, off, times):
    return [step for step in with_a_run(rates, on, off, times) if step[1] == "raised"]


# 17.3: a sender


def patient(rows, sent, post, note, wait):
    for row in rows:
        if row["key"] in sent:
            continue
        pause = 1
        while True:
            status, asked = post(row)
            if status is not None and status != 429 and status < 500:
                note(row["key"])
                break
            wait(pause if asked is None else asked)
            pause = pause * 2


def counting(rows, sent, post, note, wait):
    """The same with a counter, and a list of what is left."""
    left = [row for row in rows if row["key"] not in sent]
    attempts = 0
    while left:
        status, asked = post(left[0])
        if status in (200, 201, 400, 413, 422):
            note(left.pop(0)["key"])
            attempts = 0
        else:
            wait(2**attempts if asked is None else asked)
            attempts += 1


def notes_first(rows, sent, post, note, wait):
    for row in rows:
        if row["key"] not in sent:
            note(row["key"])
            post(row)


def once(rows, sent, post, note, wait):
    for row in rows:
        if row["key"] not in sent:
            post(row)
            note(row["key"])


def all_of_them(rows, sent, post, note, wait):
    patient(rows, set(), post, note, wait)


def only_if_taken(rows, sent, post, note, wait):
    """A message that is refused is posted for ever."""
    for row in rows:
        while row["key"] not in sent:
            status, asked = post(row)
            if status in (200, 201):
                note(row["key"])
                break
            wait(asked or 1)


def gives_up(rows, sent, post, note, wait):
    for row in rows:
        if row["key"] not in sent:
            status, asked = post(row)
            if status is None or status >= 400:
                wait(asked or 1)
                status, asked = post(row)
            note(row["key"])


def always_a_second(rows, sent, post, note, wait):
    for row in rows:
        while row["key"] not in sent:
            status, asked = post(row)
            if status and status != 429 and status < 500:
                note(row["key"])
                break
            wait(1 if asked is None else asked)


def never_asks(rows, sent, post, note, wait):
    patient(rows, sent, lambda row: (post(row)[0], None), note, wait)


def never_at_once(rows, sent, post, note, wait):
    return patient(rows, sent, lambda row: (lambda status, asked: (status, asked or None))(*post(row)), note, wait)


def pause_of_the_last(rows, sent, post, note, wait):
    """The pause goes on growing from one message to the next."""
    pause = 1
    for row in rows:
        while row["key"] not in sent:
            status, asked = post(row)
            if status and status != 429 and status < 500:
                note(row["key"])
                break
            wait(pause if asked is None else asked)
            pause *= 2


def newest_first(rows, sent, post, note, wait):
    patient(rows[::-1], sent, post, note, wait)


def no_answer_is_an_answer(rows, sent, post, note, wait):
    for row in rows:
        if row["key"] in sent:
            continue
        pause = 1
        while True:
            status, asked = post(row)
            if status is None or (status != 429 and status < 500):
                note(row["key"])
                break
            wait(pause if asked is None else asked)
            pause *= 2


STAND = "SELECT alert_id, region, window_start AS since FROM alerts"

CASES = {
    "17.1": {
        "right": [with_a_run, by_looking_back],
        "wrong": [
            ("a plain threshold", plain),
            ("a single value raises and ends", unconfirmed),
            ("in a row", in_all),
            ("where the run began", where_it_began),
            ("exactly `on` counts", above),
            ("exactly `off` is not below", at_off),
            ("to be confirmed as well", ends_at_once),
            ("expected [(1, 'raised'), (3, 'cleared')], got [(1, 'raised')]", only_raised),
            ("expected [(1, 'raised'), (3, 'cleared')], got [(1, 'raised')]", runs_of_equal),
            ("expected [(1, 'raised'), (3, 'cleared')], got [(1, 'raised')]", never_resets),
            ("is not text", lambda rates, on, off, times: [(0, 1)]),
            ("a list of 2 values", lambda rates, on, off, times: [3, 7]),
            ("hand over the function itself", [(1, "raised")]),
            ("print is not return", lambda rates, on, off, times: print(1)),
        ],
    },
    "17.2": {
        "right": [
            "SELECT alert_id, any_value(region) AS region, max_by(window_start, change) AS since FROM alerts "
            "GROUP BY alert_id HAVING max_by(kind, change) = 'raised' ORDER BY since, alert_id",
            f"{STAND} QUALIFY row_number() OVER (PARTITION BY alert_id ORDER BY change DESC) = 1 AND kind = 'raised' "
            "ORDER BY since;",
            f"{STAND} a WHERE kind = 'raised' AND NOT EXISTS (SELECT 1 FROM alerts b WHERE b.alert_id = a.alert_id "
            "AND b.change > a.change) ORDER BY Since",
        ],
        "wrong": [
            ("all of them?", "SELECT DISTINCT alert_id, region, min(window_start) AS since FROM alerts GROUP BY ALL"),
            ("all of them?", f"{STAND} WHERE kind = 'raised'"),
            (
                "d1 has a row that says cleared",
                f"{STAND} WHERE kind = 'raised' AND alert_id NOT IN (SELECT alert_id FROM alerts WHERE kind <> 'raised')",
            ),
            (
                "c1 should not be there",
                f"{STAND} QUALIFY row_number() OVER (PARTITION BY alert_id ORDER BY change DESC) = 1 AND kind <> 'cleared'",
            ),
            (
                "another order",
                f"{STAND} QUALIFY row_number() OVER (PARTITION BY alert_id ORDER BY change DESC) = 1 AND kind = 'raised' "
                "ORDER BY since DESC",
            ),
            ("other rows", f"{STAND} WHERE kind = 'raised' AND change = 1 LIMIT 3"),
            (
                "is missing",
                f"{STAND} QUALIFY row_number() OVER (PARTITION BY alert_id ORDER BY change DESC) = 1 AND kind = 'raised' "
                "AND region IS NOT NULL ORDER BY since",
            ),
            ("the column since is missing", "SELECT alert_id, region, window_start FROM alerts"),
            ("DuckDB refuses it", "SELEKT"),
            ("the column alert_id is missing", "CREATE TABLE x AS SELECT 1 AS a FROM alerts"),
            ("gives no rows", "  ;"),
            ("no SQL in a string", 5),
        ],
    },
    "17.3": {
        "right": [patient, counting],
        "wrong": [
            ("noted before it was sent", notes_first),
            ("is in `sent`", all_of_them),
            ("out of order three times: after post a1-1 expected wait 1, got note a1-1", once),
            ("expected wait 2, got wait 1", only_if_taken),
            ("out of order three times", gives_up),
            ("expected wait 2, got wait 1", always_a_second),
            ("asks for a pause: after post a1-1 expected wait 120, got wait 1", never_asks),
            ("no pause: after post a1-1, wait 1, post a1-1 expected wait 0, got wait 2", never_at_once),
            ("out of order three times", pause_of_the_last),
            ("takes everything: after nothing expected post a1-1, got post a1-2", newest_first),
            ("does not answer: after post a1-1 expected wait 1, got note a1-1", no_answer_is_an_answer),
            ("your function raised", lambda rows, sent, post, note, wait: [post(rows[0]) for _ in range(100)]),
            ("it does not take that", lambda rows: len(rows)),
            ("got the end", lambda rows, sent, post, note, wait: [sent]),
        ],
    },
}
