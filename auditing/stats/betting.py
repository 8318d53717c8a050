"""How a gambler bets on labels as they come in: shared by what watches them and what plans the watching."""

import math

import numpy as np

from auditing.stats.arrays import FloatArray


def bets_on(x: FloatArray, alpha: float) -> FloatArray:
    """Predictable empirical-Bernstein bets: each uses the labels before it only. One run, or one in each row."""
    t = np.arange(1, x.shape[-1] + 1)
    mean = (0.5 + np.cumsum(x, axis=-1)) / (t + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2, axis=-1)) / (t + 1)
    before = np.concatenate([np.full((*x.shape[:-1], 1), 0.25), variance[..., :-1]], axis=-1)
    return np.asarray(np.sqrt(2 * math.log(1 / alpha) / (t * np.log(t + 1) * before)))


def log_gain(gain: FloatArray) -> FloatArray:
    """log(1 + gain), a little short of ruin."""
    return np.log1p(np.maximum(gain, -1 + 1e-12))
