"""The fixed draws over which a jacket's fit is counted: the same as the engine's, made at start.

Any even spread of normal points would do as well, but not the same: with another, one question in some
hundreds has another length, and peers could not be held against each other answer by answer. The points are
a Sobol sequence (Joe and Kuo's direction numbers) with Burley's hashed Owen scrambling (Practical
Hash-based Owen Scrambling, JCGT 9(4), 2020), through the inverse normal distribution.
"""

from statistics import NormalDist

import numpy as np

DRAWS = 1024
ZONES = 5
_MASK = 0xFFFFFFFF
_BITS = 16
# Degree, coefficients of the polynomial, first direction numbers; the first dimension needs none.
_JOE_KUO = ((1, 0, (1,)), (2, 1, (1, 3)), (3, 1, (1, 3, 1)), (3, 2, (1, 1, 1)))
_SCRAMBLES = (0x912F69BA, 0x174F18AB, 0x691E72CA, 0xB40CC1B8)
_SHUFFLE = 0x79C68E4A


def _reversed(n):
    return int(f"{n:032b}"[::-1], 2)


def _hash(n):
    n ^= 0xE6FE3BEB
    n = ((n ^ (n >> 16)) * 0x7FEB352D) & _MASK
    n = ((n ^ (n >> 15)) * 0x846CA68B) & _MASK
    return n ^ (n >> 16)


def _scrambled(n, by):
    """`n` with its bits in reverse, Owen-scrambled."""
    n ^= (n * 0x3D20ADEA) & _MASK
    n = ((n + by) * ((by >> 16) | 1)) & _MASK
    n ^= (n * 0x05526C56) & _MASK
    return n ^ ((n * 0x53A22864) & _MASK)


def _directions(dimension):
    if dimension == 0:
        return [1 << i for i in range(_BITS)]
    degree, coefficients, first = _JOE_KUO[dimension - 1]
    v = [m << (31 - i) for i, m in enumerate(first)]
    for i in range(degree, _BITS):
        v.append(v[i - degree] ^ (v[i - degree] >> degree))
        for k in range(1, degree):
            if (coefficients >> (degree - 1 - k)) & 1:
                v[i] ^= v[i - k]
    return [_reversed(n) for n in v]


def _uniform(index, directions, scramble):
    """Point `index` of one dimension, 0 to 1, to 23 bits."""
    shuffled = _scrambled(_reversed(index), _hash(_SHUFFLE))
    point = 0
    for i in range(_BITS):
        if (shuffled >> (31 - i)) & 1:
            point ^= directions[i]
    return (_reversed(_scrambled(point, _hash(scramble))) >> 9) / (1 << 23)


def draws():
    """ZONES x DRAWS standard normals, single precision."""
    quantile = NormalDist().inv_cdf
    table = np.empty((ZONES, DRAWS), np.float32)
    for dimension in range(ZONES):
        directions = _directions(dimension)
        scramble = (dimension >> 2) ^ _SCRAMBLES[dimension & 3]
        for index in range(DRAWS):
            uniform = _uniform(index, directions, scramble)
            table[dimension, index] = quantile(min(max(uniform, 1e-9), 1 - 1e-9))
    return table
