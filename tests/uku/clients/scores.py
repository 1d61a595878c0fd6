"""How well the matcher did in a town: counted against the labels, as an import would link, one after the other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.uku.clients.pairs import Town

from uku.clients.matching import Index, Outcome, outcome


@dataclass
class Score:
    """Counts of customers. `suggested` are those that a person is asked about."""

    same: int = 0
    linked: int = 0
    linked_wrong: list[str] = field(default_factory=list)
    suggested: int = 0
    suggested_right: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    linked_of: Counter[str] = field(default_factory=Counter)

    @property
    def link_precision(self) -> float:
        return 1 - len(self.linked_wrong) / self.linked

    @property
    def link_recall(self) -> float:
        return (self.linked - len(self.linked_wrong)) / self.same

    @property
    def suggestion_precision(self) -> float:
        return self.suggested_right / self.suggested

    @property
    def found(self) -> float:
        """The share of true pairs that are linked, or among what a person is shown."""
        return (self.linked - len(self.linked_wrong) + self.suggested_right) / self.same


def judge(town: Town) -> Score:
    score, index, taken = Score(), Index(town.clients), set[str]()
    for customer in town.customers:
        truth, kind = town.truth[customer.key], town.kinds[customer.key]
        score.same += bool(truth)
        matches = index.find(customer)
        keys = {match.key for match in matches}
        if outcome(matches, taken) == Outcome.STRONG:
            score.linked += 1
            score.linked_of[kind] += 1
            taken |= keys
            if not keys <= truth:
                score.linked_wrong.append(f"{kind}: {customer} is not {matches[0]}")
        else:
            score.suggested += bool(matches)
            score.suggested_right += bool(keys & truth)
            score.missed[kind] += bool(truth and not keys & truth)
    return score
