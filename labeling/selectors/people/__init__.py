"""How people answer, for their managers: one card a person, users and imported names alike, whatever the kind.

``counts`` reads totals by SQL aggregates, ``compared`` the newest answers that others gave too, ``known`` questions
whose answer is known: repeats and gold. ``cards`` puts them together in a constant number of statements; ``listing``
filters and sorts; ``own`` is what a person may know of himself.
"""

from labeling.selectors.people.cards import People, PeopleAnswers, PersonCard, people_of, read_answers
from labeling.selectors.people.key import PersonKey
from labeling.selectors.people.listing import SORTS, chosen_people
from labeling.selectors.people.own import OwnWork, own_work
from labeling.selectors.people.rates import CountedShare

__all__ = [
    "SORTS",
    "CountedShare",
    "OwnWork",
    "People",
    "PeopleAnswers",
    "PersonCard",
    "PersonKey",
    "chosen_people",
    "own_work",
    "people_of",
    "read_answers",
]
