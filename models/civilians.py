"""Shoppers are not soldiers: the survey's bodies moved towards a nation's adults.

Height and weight only, each on its log scale: stretched until the survey's P5 to P95 is the civilians', and
shifted by the difference of the medians; or a share of that way.
"""

import numpy as np

# P5, P50, P95 of adults in NHANES 2021-2023 (NCHS, Vital and Health Statistics, series 3 no. 50).
CIVILIANS = {
    "male": ((162.2, 175.2, 187.2), (60.9, 86.6, 131.8)),
    "female": ((149.6, 161.2, 172.5), (50.7, 73.5, 119.2)),
}
# How far shoppers are from soldiers to these civilians, 0 to 1. Half, because those are one nation's,
# among the heaviest, and every adult over 20, not those who buy a suit.
SHOPPERS = 0.5


def moved(people, sex, way):
    """ln cm and ln kg of the survey's subjects (n x 2), moved `way` of the way to civilians."""
    logs = np.log(people.inputs[:, :2])
    low, centre, high = np.percentile(logs, [5, 50, 95], axis=0)
    civilian_low, civilian_centre, civilian_high = np.log(CIVILIANS[sex]).T
    wider = ((civilian_high - civilian_low) / (high - low)) ** way
    return (logs - centre) * wider + centre + way * (civilian_centre - centre)
