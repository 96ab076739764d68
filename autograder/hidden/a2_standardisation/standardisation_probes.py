"""Questions about `standardisation`. All that a submission ever sees of its hidden tests."""

import copy

import numpy as np


def outcome(action):
    """What an action gives, or the exception that it raises."""
    try:
        return action()
    except Exception as error:
        return error


def changed(given, before):
    """Whether any of the caller's arrays is not what it was."""
    return any(not np.array_equal(now, then) for now, then in zip(given, before, strict=True))


# ------------------------------------------------------------------------------------------------ moments


def mean(m, x):
    before = x.copy()
    return {"mean": m.mean(x), "changed": changed([x], [before])}


def variance(m, x, ddof=None):
    before = x.copy()
    found = m.variance(x) if ddof is None else m.variance(x, ddof)
    return {"variance": found, "changed": changed([x], [before])}


def variance_by_keyword(m, x, ddof):
    return m.variance(x, ddof=ddof)


def mean_of_nothing(m):
    return {"refused": outcome(lambda: m.mean(np.zeros(0))), "valid": [m.mean(np.array(x)) for x in ([3.0], [3.0, 5.5, -1.0])]}


def variance_of_few(m, count, ddof):
    """One value too few, and just enough."""
    values = np.array([2.0, 6.0, 7.0, 9.0])
    return {"refused": outcome(lambda: m.variance(values[:count], ddof)), "valid": m.variance(values[: ddof + 1], ddof)}


# ------------------------------------------------------------------------------------------------ zscore


def zscore(m, table, axis=None):
    before = table.copy()
    z = m.zscore(table) if axis is None else m.zscore(table, axis)
    return {"z": z, "changed": changed([table], [before])}


def zscore_by_keyword(m, table, axis):
    return m.zscore(table, axis=axis)


# ------------------------------------------------------------------------------------------------ compare_scores


def compare(m, pairs):
    """Each of several comparisons, and the same with the two values exchanged."""
    return [[m.compare_scores(*first, *second), m.compare_scores(*second, *first)] for first, second in pairs]


def compare_refused(m, sd_a, sd_b):
    return {
        "refused": outcome(lambda: m.compare_scores(5.0, 4.0, sd_a, 9.0, 4.0, sd_b)),
        "valid": [m.compare_scores(5.0, 4.0, 1.0, 9.0, 4.0, 2.0), m.compare_scores(5.0, 4.0, 1.0, 9.0, 4.0, 10.0)],
    }


# ------------------------------------------------------------------------------------------------ standardizer


def state(s):
    """What is learnt now: copies, because an object may well learn more in the same arrays."""
    return {"mean": copy.deepcopy(s.mean_), "scale": copy.deepcopy(s.scale_)}


def fitted(m, X):
    before = X.copy()
    s = m.Standardizer()
    s.fit(X)
    return state(s) | {"changed": changed([X], [before])}


def transformed(m, X, Y):
    """Another table, in the scale of X."""
    before = [X.copy(), Y.copy()]
    s = m.Standardizer()
    s.fit(X)
    return {"z": s.transform(Y), "changed": changed([X, Y], before)}


def inverse(m, X, Z):
    """The way back from z-scores of one's own, and there and back."""
    before = [X.copy(), Z.copy()]
    s = m.Standardizer()
    s.fit(X)
    return {"table": s.inverse_transform(Z), "there and back": s.inverse_transform(s.transform(X)), "changed": changed([X, Z], before)}


def in_batches(m, batches, Y):
    """Learnt in pieces; the state after each of them, and what becomes of a table in the end."""
    before = [batch.copy() for batch in batches]
    s = m.Standardizer()
    states = []
    for batch in batches:
        s.partial_fit(batch)
        states.append(state(s))
    return {"states": states, "z": s.transform(Y), "changed": changed(batches, before)}


def fit_forgets(m, first, second):
    s = m.Standardizer()
    s.partial_fit(first)
    s.fit(second)
    again = state(s)
    s.fit(first)
    return {"second": again, "first": state(s)}


def fit_then_more(m, first, second):
    s = m.Standardizer()
    s.fit(first)
    s.partial_fit(second)
    return state(s)


def returns_self(m, X):
    s = m.Standardizer()
    return {"fit": s.fit(X) is s, "partial_fit": s.partial_fit(X) is s, "state": state(s), "chained": m.Standardizer().fit(X).transform(X)}


def transform_learns_nothing(m, X, Y):
    """The state after tables went both ways, and after more was learnt then."""
    s = m.Standardizer()
    s.partial_fit(X)
    s.transform(Y)
    s.inverse_transform(Y)
    after = state(s)
    z = s.transform(Y)
    s.partial_fit(Y)
    return {"after": after, "z": z, "more": state(s)}


def before_learning(m, X, call):
    s = m.Standardizer()
    refused = outcome(lambda: getattr(s, call)(X))
    s.fit(X)
    return {"refused": refused, "after": state(s), "valid": getattr(s, call)(X)}


def unusable_table(m, X, wrong, call):
    """A table that has to be refused, and the state afterwards."""
    s = m.Standardizer()
    s.fit(X)
    refused = outcome(lambda: getattr(s, call)(wrong))
    after, z = state(s), s.transform(X)
    s.partial_fit(X)
    return {"refused": refused, "after": after, "z": z, "more": state(s)}


def empty_first(m, X, call):
    """A table without rows as the very first: nothing has been learnt then."""
    s = m.Standardizer()
    refused = outcome(lambda: getattr(s, call)(X[:0]))
    unlearnt = outcome(lambda: s.transform(X))
    s.partial_fit(X)
    return {"refused": refused, "unlearnt": unlearnt, "after": state(s)}


def two_objects(m, X, Y):
    s, t = m.Standardizer(), m.Standardizer()
    s.fit(X)
    t.partial_fit(Y)
    return [state(s), state(t), s.transform(X), t.transform(Y)]


# ------------------------------------------------------------------------------------------------ split_and_standardise


def split(m, X, test):
    before = [X.copy(), test.copy()]
    training, held_out = m.split_and_standardise(X, test)
    return {"training": training, "test": held_out, "changed": changed([X, test], before)}


# ------------------------------------------------------------------------------------------------ normal_pdf, normal_cdf


def curve(m, name, x, mu, sigma):
    before = x.copy()
    y = getattr(m, name)(x, mu, sigma)
    return {"y": y, "changed": changed([x], [before])}


def curve_refused(m, name, sigma):
    x = np.array([0.5, 2.0, -1.0])
    function = getattr(m, name)
    return {"refused": outcome(lambda: function(x, 0.5, sigma)), "valid": function(x, 0.5, 1.5)}


def areas(m, mu, sigma):
    """The area below the density: all of it, and from the mean to each of two deviations above."""
    steps = np.linspace(-12.0, 12.0, 2401)
    y = m.normal_pdf(mu + sigma * steps, mu, sigma) * (sigma * 0.01)
    whole, one, two = np.sum(y), np.sum(y[1200:1301]) - (y[1200] + y[1300]) / 2, np.sum(y[1200:1401]) - (y[1200] + y[1400]) / 2
    return {"whole": whole, "one": one, "two": two}


def rising(m, mu, sigma):
    """The areas between neighbouring points, and each point's with that of its mirror image."""
    steps = np.array([0.25, 0.5, 1.0, 2.0, 3.0, 9.0])
    above, below = m.normal_cdf(mu + sigma * steps, mu, sigma), m.normal_cdf(mu - sigma * steps, mu, sigma)
    return {"between": above[1:] - above[:-1], "mirrored": above + below, "ends": m.normal_cdf(np.array([-1e6, 1e6]), mu, sigma)}


# ------------------------------------------------------------------------------------------------ within_k_sigma


def within(m, x, ks):
    """The shares for several k."""
    before = x.copy()
    return {"shares": [m.within_k_sigma(x, k) for k in ks], "changed": changed([x], [before])}


# ------------------------------------------------------------------------------------------------ sample_means


def means(m, samples):
    """The means of given samples, and how they were asked for."""
    asked = []

    def draw(*arguments, **named):
        asked.append([list(arguments), sorted(named)])
        return samples[(len(asked) - 1) % len(samples)].copy()

    found = m.sample_means(draw, samples.shape[1], len(samples))
    return {"means": found, "asked": asked}


def means_of_fresh_draws(m, n, reps):
    """Every draw is of the size that was asked for, and no two are alike."""
    calls = []

    def draw(size):
        calls.append(size)
        return np.arange(size) ** 2 + 0.5 * len(calls)

    return {"means": m.sample_means(draw, n, reps), "calls": calls}


# ------------------------------------------------------------------------------------------------ box_muller


def box_muller(m, u1, u2):
    before = [u1.copy(), u2.copy()]
    return {"z": m.box_muller(u1, u2), "changed": changed([u1, u2], before)}


def box_muller_moments(m, n):
    """Mean, variance and mixed product of what becomes of a regular grid of uniform numbers."""
    u = (np.arange(n) + 0.5) / n
    z = m.box_muller(np.repeat(u, n), np.tile(u, n))
    first, second = z[: n * n], z[n * n :]
    return {
        "means": [np.mean(first), np.mean(second)],
        "squares": [np.mean(first**2), np.mean(second**2)],
        "mixed": np.mean(first * second),
    }


# ------------------------------------------------------------------------------------------------ normal_mle


def mle(m, x):
    before = x.copy()
    return {"pair": m.normal_mle(x), "changed": changed([x], [before])}
