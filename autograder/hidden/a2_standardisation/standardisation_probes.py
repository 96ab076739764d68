"""Questions about `standardisation`. All that a submission ever sees of its hidden tests."""

import copy

import numpy as np


def outcome(action):
    """What an action gives, or the exception that it raises."""
    try:
        return action()
    except Exception as error:
        return error


# ------------------------------------------------------------------------------------------------ functions


def result(m, name, *arguments):
    return getattr(m, name)(*arguments)


def by_keyword(m, name, arguments, named):
    return getattr(m, name)(*arguments, **named)


def refused(m, name, wrong, *right):
    """What becomes of arguments that are to be refused, and of several others."""
    return {"refused": outcome(lambda: getattr(m, name)(*wrong)), "valid": [getattr(m, name)(*arguments) for arguments in right]}


def left_alone(m, name, *arguments):
    """Whether the caller's arrays are what they were, and the result."""
    before = copy.deepcopy(arguments)
    found = getattr(m, name)(*arguments)
    return {"result": found, "changed": not all(np.array_equal(now, then) for now, then in zip(arguments, before, strict=True))}


def again(m, name, first, second):
    """Two questions of equal shape, the first one once more, the second one in the arrays of the first; the first answer after that."""
    function = getattr(m, name)
    arrays = copy.deepcopy(first)
    answer = function(*first)
    answers = [copy.deepcopy(answer), function(*second), function(*first), copy.deepcopy(function(*arrays))]
    kept = copy.deepcopy(answer)
    refilled = []
    for old, new in zip(arrays, second, strict=True):
        if isinstance(old, np.ndarray):
            old[...] = new
        refilled.append(old if isinstance(old, np.ndarray) else new)
    return {"answers": [*answers, function(*refilled)], "kept": kept}


# ------------------------------------------------------------------------------------------------ compare_scores


def compare(m, pairs):
    """Each of several comparisons, and the same with the two values exchanged."""
    return [[m.compare_scores(*first, *second), m.compare_scores(*second, *first)] for first, second in pairs]


def compare_refused(m, wrong, low, high):
    """A comparison that is to be refused, and one with its values exchanged."""
    return {
        "refused": outcome(lambda: m.compare_scores(*wrong)),
        "valid": [m.compare_scores(*low, *high), m.compare_scores(*high, *low)],
    }


# ------------------------------------------------------------------------------------------------ standardizer


def state(s):
    """What is learnt now: copies, because an object may well learn more in the same arrays."""
    return {"mean": copy.deepcopy(s.mean_), "scale": copy.deepcopy(s.scale_)}


def learnt(m, name, calls):
    """mean_ or scale_, by its name, after each of several calls (method, table) of one object."""
    s = m.Standardizer()
    found = []
    for call, table in calls:
        getattr(s, call)(table.copy())
        found.append(copy.deepcopy(getattr(s, name)))
    return found


def moved(m, X, call, *tables):
    """What is learnt from X, and what becomes of other tables; the first of them again, and the first result, after all others."""
    s = m.Standardizer()
    s.fit(X)
    first = getattr(s, call)(tables[0])
    results = [copy.deepcopy(first), *(getattr(s, call)(table) for table in tables[1:])]
    return {"learnt": state(s), "results": results, "again": getattr(s, call)(tables[0]), "kept": first}


def standardised(m, X):
    """In one line."""
    return m.Standardizer().fit(X).transform(X)


def standardised_in_pieces(m, batches, Y):
    s = m.Standardizer()
    for batch in batches:
        s.partial_fit(batch)
    return s.transform(Y)


def there_and_back(m, X, Y):
    s = m.Standardizer()
    s.fit(X)
    z = s.transform(Y)
    return [z, s.inverse_transform(z.copy())]


def returns_self(m, X):
    s, t = m.Standardizer(), m.Standardizer()
    found = {"fit": s.fit(X) is s, "partial_fit": t.partial_fit(X) is t, "later": t.partial_fit(X) is t}
    return found | {"mean": [s.mean_, t.mean_]}


def learns_nothing(m, X, call, Y):
    """What is learnt before and after a table went there or back."""
    s = m.Standardizer()
    s.fit(X)
    before = state(s)
    getattr(s, call)(Y)
    return {"before": before, "after": state(s)}


def before_learning(m, X, call):
    s = m.Standardizer()
    refused = outcome(lambda: getattr(s, call)(X))
    s.fit(X)
    return {"refused": refused, "valid": np.shape(getattr(s, call)(X)), "mean": s.mean_}


def unusable_table(m, X, wrong, call):
    """A table that has to be refused, and one that does not."""
    s = m.Standardizer()
    s.fit(X)
    refused = outcome(lambda: getattr(s, call)(wrong))
    getattr(s, call)(X)
    return {"refused": refused, "mean": s.mean_}


def refused_and_unchanged(m, X, wrong, call, more):
    """What is learnt before and after a call that raises, and after more was learnt then."""
    s = m.Standardizer()
    s.fit(X)
    before = state(s)
    refused = outcome(lambda: getattr(s, call)(wrong))
    after = state(s)
    s.partial_fit(more)
    return {"refused": refused, "before": before, "after": after, "more": s.mean_}


def empty_first(m, X, call):
    """A table without rows as the very first: nothing has been learnt then."""
    s = m.Standardizer()
    refused = outcome(lambda: getattr(s, call)(X[:0]))
    unlearnt = outcome(lambda: s.transform(X))
    s.partial_fit(X)
    return {"refused": refused, "unlearnt": unlearnt, "mean": s.mean_}


def two_objects(m, X, Y):
    s, t = m.Standardizer(), m.Standardizer()
    s.fit(X)
    first = state(s)
    t.fit(Y)
    return {"first": first, "later": state(s), "means": [s.mean_, t.mean_]}


def tables_left_alone(m, X, Y):
    """Whether any of the four methods changed the table that it was given; what was learnt."""
    found = {}
    s = m.Standardizer()
    for call, table in (("fit", X), ("partial_fit", Y), ("transform", Y), ("inverse_transform", Y)):
        given = table.copy()
        getattr(s, call)(given)
        found[call] = np.array_equal(given, table)
    return {"mean": s.mean_, "changed": not all(found.values())}


# ------------------------------------------------------------------------------------------------ sample_means


def means(m, samples):
    """The means of given samples."""
    count = 0

    def draw(*arguments, **named):
        nonlocal count
        count += 1
        return samples[(count - 1) % len(samples)].copy()

    return m.sample_means(draw, samples.shape[1], len(samples))


def asked_for(m, n, reps):
    """How draw was called, and what became of draws that hold nothing but their number and a half."""
    calls = []

    def draw(*arguments, **named):
        calls.append([list(arguments), sorted(named)])
        return np.full(n, len(calls) + 0.5)

    return {"means": m.sample_means(draw, n, reps), "calls": calls}


def means_of_fresh_draws(m, n, reps, start):
    """Every draw is of the size that was asked for, and no two are alike."""
    calls = 0

    def draw(size):
        nonlocal calls
        calls += 1
        return np.arange(size) ** 2 + start * calls

    return m.sample_means(draw, n, reps)


def means_again(m, first, second):
    """Two sources one after the other, the first one again, and the first result after that."""
    answer = means(m, first)
    answers = [copy.deepcopy(answer), means(m, second), means(m, first)]
    return {"answers": answers, "kept": answer}
