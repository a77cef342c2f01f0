"""Does a jacket really fit a person? The chart's tolerance box, read independently of the engine.

The engine claims a probability; this says what happened, from the person's measured body and the
chart's own numbers (data/charts/README.md).
"""

import json

import numpy as np

import survey

ZONES = ("chest", "waist", "shoulder", "sleeve", "length")
FITS = ("slim", "regular", "relaxed")
_COLUMN = {name: i for i, name in enumerate(survey.MEASURES)}


class Chart:
    """A size chart for one sex."""

    def __init__(self, path, sex):
        chart = json.loads(path.read_text())
        self.block = chart["blocks"][sex]
        self.ease = chart["ease"]
        self.windows = {
            zone: (-(t["tooSmallCm"] + t["letOutCm"]), t["tooLargeCm"] + t["takeInCm"])
            for zone, t in chart["tolerance"].items()
        }
        self.sizes = {size["number"]: size for size in self.block["sizes"]}
        self.lengths = {length["code"]: length for length in self.block["lengths"]}
        self.cuts = {cut["id"]: cut["drop"] for cut in self.block["cuts"]}

    def needs(self, people):
        """What each person's jacket has to be, cm: zone to array."""
        needs = self.block["needs"]
        measure = lambda name: people.measures[:, _COLUMN[name]]
        shoulder, sleeve, length = needs["shoulder"], needs["sleeve"], needs["length"]
        return {
            "chest": measure("chest"),
            "waist": measure("waist"),
            "shoulder": shoulder["biacromial"] * measure("biacromial")
            + shoulder["bideltoid"] * measure("bideltoid") + shoulder["plusCm"],
            "sleeve": sleeve["outerArm"] * measure("sleeve") + sleeve["plusCm"],
            "length": length["backCm"]
            + length["perHeightCm"] * (people.inputs[:, 0] - length["atHeightCm"])
            + length["perChestCm"] * (measure("chest") - length["atChestCm"]),
        }

    def made_for(self, number, length, cut, fit="regular"):
        """The need that a jacket is right for, cm, by zone."""
        size, added = self.sizes[number], self.lengths[length]
        finished_waist = size["bodyChestCm"] - 2 * self.cuts[cut] + self.ease["regular"]["waistCm"]
        return {
            "chest": size["chestCm"] - self.ease[fit]["chestCm"],
            "waist": finished_waist - self.ease[fit]["waistCm"],
            "shoulder": size["shoulderCm"],
            "sleeve": size["sleeveCm"] + added["sleeveCm"],
            "length": size["backCm"] + added["backCm"],
        }

    def fits(self, needs, number, length, cut, fit="regular"):
        """Zone to whether the jacket can be worn there after ordinary alterations."""
        made_for = self.made_for(number, length, cut, fit)
        return {
            zone: (made_for[zone] - needs[zone] >= low) & (made_for[zone] - needs[zone] <= high)
            for zone, (low, high) in self.windows.items()
        }

    def base_rates(self, people):
        """Share of people whom some jacket of the chart fits, and whom one of their own number does."""
        needs = self.needs(people)
        own = 2 * np.floor((needs["chest"] + 2) / 4)
        anything, of_own_number = np.zeros(len(own), bool), np.zeros(len(own), bool)
        alone = {zone: np.zeros(len(own), bool) for zone in ZONES}
        for number in self.sizes:
            for length in self.lengths:
                for cut in self.cuts:
                    zones = self.fits(needs, number, length, cut)
                    everywhere = np.logical_and.reduce(list(zones.values()))
                    anything |= everywhere
                    of_own_number |= everywhere & (own == number)
                    for zone in ZONES:
                        alone[zone] |= zones[zone] & (own == number)
        rates = {"any jacket": anything.mean(), "one of the exact number": of_own_number.mean()}
        return rates | {f"{zone} alone, exact number": alone[zone].mean() for zone in ZONES}
