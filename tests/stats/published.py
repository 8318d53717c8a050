"""Small data sets printed in papers and documentation, which reference values are computed on."""

# Dawid and Skene (1979), table 1: 45 patients, classes given by observer 1 (three times, in any order) and 2 to 5
ANAESTHETISTS = """
1111111 3334334 1122122 2223121 2223222 2223322 1122111 3333433 2222223 2322223 4444444 2223343 1111111 2223212 1211111
1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222 1111111 1111111 2322222 1111111 1111111 1121121
1111111 3333233 1111111 2222222 2223232 4334343 2212232 2323233 3333432 1111111 1111111 1212111 2322222 1211111 2222222
"""
OBSERVERS = (1, 1, 1, 2, 3, 4, 5)

# the documentation's toy data of crowd-kit: what five workers said of tasks t1 to t5, "-" nothing
TOY = {"w1": "nyyyy", "w2": "yynyn", "w3": "-ynyn", "w4": "ynyyn", "w5": "nnnyn"}
WORDS = {"y": "yes", "n": "no", "-": None}


def anaesthetists():
    """(item, rater, label) columns; observer 1 counts three times."""
    rows = [
        (patient, observer, int(digit))
        for patient, digits in enumerate(ANAESTHETISTS.split(), start=1)
        for observer, digit in zip(OBSERVERS, digits, strict=True)
    ]
    return zip(*rows, strict=True)


def toy_ratings():
    """Workers x tasks, None where missing."""
    return [[WORDS[letter] for letter in letters] for letters in TOY.values()]


def toy_opinions():
    """(item, rater, label) columns."""
    rows = [
        (f"t{task}", worker, WORDS[letter])
        for worker, letters in TOY.items()
        for task, letter in enumerate(letters, start=1)
        if letter != "-"
    ]
    return zip(*rows, strict=True)
