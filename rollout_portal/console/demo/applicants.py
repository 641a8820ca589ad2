"""Four hundred people who applied for the beta: all made up, from lists of given and family names."""

import csv
import io
import random
from typing import Final

SEED: Final = 400
HOW_MANY: Final = 400

# Language of the person, how many of the four hundred, given names, second names.
_GROUPS: Final = (
    (
        "ms",
        170,
        ("Nur Aina", "Siti Hajar", "Muhammad Haziq", "Ahmad Faiz", "Nurul Izzah", "Amirul", "Farah", "Hafiz"),
        ("binti Osman", "bin Rahman", "binti Yusof", "bin Salleh", "binti Hamid", "bin Zakaria"),
    ),
    (
        "zh-hans",
        110,
        ("伟", "美玲", "志强", "丽华", "俊杰", "慧敏", "文轩", "雪晴"),
        ("陈", "林", "黄", "李", "张", "王"),
    ),
    (
        "ta",
        70,
        ("கவிதா", "முருகன்", "லட்சுமி", "அருண்", "பிரியா", "செல்வம்", "மீனா", "ரவி"),
        ("சுப்ரமணியம்", "கிருஷ்ணன்", "ராமசாமி", "நாயர்", "பிள்ளை"),
    ),
    (
        "en",
        50,
        ("Joanna", "Marcus", "Priya", "Daniel", "Sofia", "Kevin", "Rachel", "Adam"),
        ("Fernandez", "D'Cruz", "Pereira", "Walker", "O'Neill", "Lopez"),
    ),
)


def as_csv() -> bytes:
    """Return the list as the clinic's system would export it: UTF-8, one line per person."""
    dice = random.Random(SEED)  # noqa: S311 - a demo, not a secret
    rows = [
        {
            "id": f"MM-{language.upper()[:2]}-{number:04}",
            "email": f"tester{language[:2]}{number:03}@demo.example",
            "name": f"{dice.choice(second)}{dice.choice(given)}"
            if language == "zh-hans"
            else f"{dice.choice(given)} {dice.choice(second)}",
            "language": language,
            "tech_literacy": dice.choice(("low", "medium", "medium", "high")),
        }
        for language, count, given, second in _GROUPS
        for number in range(1, count + 1)
    ]
    dice.shuffle(rows)
    return _csv(rows)


def team_csv() -> bytes:
    """Return the list of the ten people who build the product."""
    return _csv(
        [
            {
                "id": f"TEAM-{number:02}",
                "email": f"team{number:02}@demo.example",
                "name": f"Team {number}",
                "language": "en",
            }
            for number in range(1, 11)
        ]
    )


def _csv(rows: list[dict[str, str]]) -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()
