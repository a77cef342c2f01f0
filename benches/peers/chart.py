"""The size chart of one sex as tables: everything about a jacket that no question changes.

The format is `data/charts/README.md`'s. The sizes go on beyond both ends, as the engine's do, so that a body
outside the chart is told from one at its edge. Zones in the order chest, waist, shoulder, sleeve, length;
chest, waist and sleeve are held in logs, the other two in cm.
"""

import hashlib
import json
import math

import numpy as np

BEYOND = 20
FARTHEST_LABEL_CM = 3.0
CM_PER_INCH = 2.54
SYSTEMS = ("EU", "US", "UK", "IT", "FR", "JP", "DE")
ZONES = ("chest", "waist", "shoulder", "sleeve", "length")
COLUMNS = ("number", "bodyChestCm", "chestCm", "shoulderCm", "sleeveCm", "backCm")


class Block:
    """Sizes are indices into the extended chart, lengths and cuts into the block's lists."""

    def __init__(self, text, sex):
        chart = json.loads(text)
        block, self.ease = chart["blocks"][sex], chart["ease"]
        self.version = f"{chart['id']}-{chart['version']}-{hashlib.sha256(text).hexdigest()[:6]}"
        self.lengths = [length["code"] for length in block["lengths"]]
        self.from_height_cm = [length["fromHeightCm"] for length in block["lengths"]]
        self.cuts = [cut["id"] for cut in block["cuts"]]
        self._trousers = block["trousers"]
        self._extend(np.array([[size[c] for c in COLUMNS] for size in block["sizes"]], float))
        self._needs(block["needs"])
        self._windows(chart["tolerance"], block)
        self.labels = {
            (s, i, c): {name: label(block["systems"][name], self.body_chest_cm[s], length, cut) for name in SYSTEMS}
            for s in range(self.first, self.last + 1)
            for i, length in enumerate(block["lengths"])
            for c, cut in enumerate(block["cuts"])
        }

    def _extend(self, sizes):
        steps = np.arange(1, BEYOND + 1)[:, None]
        below = sizes[0] - steps[::-1] * (sizes[1] - sizes[0])
        above = sizes[-1] + steps * (sizes[-1] - sizes[-2])
        self.first, self.last = BEYOND, BEYOND + len(sizes) - 1
        columns = np.concatenate([below, sizes, above]).T
        _, self.body_chest_cm, self.chest_cm, self.shoulder_cm, self.sleeve_cm, self.back_cm = columns
        middles = (self.chest_cm[1:] + self.chest_cm[:-1]) / 2
        self.bands = {}
        for fit, ease in self.ease.items():
            edges = [0.0, *np.log(np.maximum(middles - ease["chestCm"], 1.0)).tolist(), math.inf]
            self.bands[fit] = list(zip(edges, edges[1:]))

    def _needs(self, needs):
        """Weights of the eleven logs in each zone's need; those in cm are times the median."""
        shoulder, length, self._sleeve = needs["shoulder"], needs["length"], needs["sleeve"]
        self.weights = np.zeros((5, 11))
        self.weights[0, 0] = self.weights[1, 1] = self.weights[3, 5] = 1.0
        self.weights[2, 3], self.weights[2, 4] = shoulder["bideltoid"], shoulder["biacromial"]
        self.weights[4, 10], self.weights[4, 0] = length["perHeightCm"], length["perChestCm"]
        self.in_cm = np.array([False, False, True, False, True])[:, None]
        self.shoulder_plus_cm = shoulder["plusCm"]
        self.length_plus_cm = (length["backCm"] - length["perHeightCm"] * length["atHeightCm"]
                               - length["perChestCm"] * length["atChestCm"])

    def _windows(self, tolerance, block):
        """The needs, from and to, for which each jacket can be worn; last axis the draws'."""
        sleeves = self.sleeve_cm[:, None] + [length["sleeveCm"] for length in block["lengths"]]
        self.backs_cm = self.back_cm[:, None] + [length["backCm"] for length in block["lengths"]]
        drops = 2 * np.array([cut["drop"] for cut in block["cuts"]])
        self.waists_cm = {fit: self.body_chest_cm[:, None] - drops + self.ease["regular"]["waistCm"] - ease["waistCm"]
                          for fit, ease in self.ease.items()}
        log = lambda cm: np.log(np.maximum(cm, 1.0))
        sleeve = lambda cm: log((cm - self._sleeve["plusCm"]) / self._sleeve["outerArm"])
        scales = (log, log, lambda cm: cm, sleeve, lambda cm: cm)

        def window(zone, made_for):
            t = tolerance[ZONES[zone]]
            ends = made_for - (t["tooLargeCm"] + t["takeInCm"]), made_for + (t["tooSmallCm"] + t["letOutCm"])
            return [scales[zone](end) for end in ends]

        pairs = lambda window: np.stack(window, -1).tolist()
        of_size = [window(2, self.shoulder_cm), window(3, sleeves), window(4, self.backs_cm)]
        self.shoulder_window_cm, self.sleeve_window, self.length_window_cm = map(pairs, of_size)
        single = lambda window: tuple(end[..., None].astype(np.float32) for end in window)
        self._single = {
            fit: [single(window(0, self.chest_cm - ease["chestCm"])), single(window(1, self.waists_cm[fit])),
                  *map(single, of_size)]
            for fit, ease in self.ease.items()
        }

    def windows(self, fit, start, stop):
        """From and to of each zone for the sizes from `start` to before `stop`."""
        return [(low[start:stop], high[start:stop]) for low, high in self._single[fit]]

    def distance_cm(self, fit, start, stop, waist_cm, back_cm):
        """How far waist and length of each jacket are from what is needed: sizes x lengths x cuts."""
        backs, waists = self.backs_cm[start:stop, :, None], self.waists_cm[fit][start:stop, None]
        return abs(backs - back_cm) + abs(waists - waist_cm)

    def length_edges_cm(self, size):
        """Needs between which each length is the nearest."""
        backs = self.backs_cm[size].tolist()
        return [-math.inf, *((a + b) / 2 for a, b in zip(backs, backs[1:])), math.inf]

    def nearest(self, size):
        """The chart's own size nearest to one that may lie beyond its ends."""
        return min(max(size, self.first), self.last)

    def trousers(self, waist_cm, inseam_cm):
        cut = self._trousers
        number = 2 * math.floor((waist_cm / 2 + cut["drop"]) / 2 + 0.5)
        if not cut["firstNumber"] <= number <= cut["lastNumber"]:
            return None
        inches = math.floor(waist_cm / CM_PER_INCH + 0.5)
        return {"EU": str(number), "waistCm": round(waist_cm, 1), "waistIn": inches, "inseamCm": inseam_cm}


def label(system, chest_cm, length, cut):
    """What a system calls a jacket; None where it has no size so near."""
    if jis := system.get("jis"):
        near = lambda table, value: min(sorted(table), key=lambda name: abs(table[name] - value))
        return f"{chest_cm:.0f}{near(jis['types'], 2 * cut['drop'])}{near(jis['heights'], length['designHeightCm'])}"
    nearest = min(system["labels"], key=lambda row: abs(row["chestCm"] - chest_cm))
    if abs(nearest["chestCm"] - chest_cm) > FARTHEST_LABEL_CM:
        return None
    suffix = system.get("suffix", {}).get(length["code"])
    return nearest["label"] + suffix if suffix is not None else nearest.get("forms", {}).get(length["code"])
