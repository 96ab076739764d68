import numpy as np

PAIRS = {
    "male and female": "king queen, man woman, father mother, brother sister, son daughter, uncle aunt, prince princess, monk nun",
    "country and capital": "france paris, italy rome, japan tokyo, egypt cairo, norway oslo, peru lima, kenya nairobi, cuba havana",
    "adult and young": "dog puppy, cat kitten, cow calf, sheep lamb, horse foal, hen chick, goose gosling, goat kid",
}
PAIRS = {kind: [tuple(pair.split()) for pair in pairs.split(",")] for kind, pairs in PAIRS.items()}
TOPICS = {  # by the first word of a pair
    "king": "throne crown", "man": "work street", "father": "home children", "brother": "room toys", "son": "school books", "uncle": "visit gifts", "prince": "ball castle", "monk": "cell prayers",
    "france": "cheese seine", "italy": "pasta tiber", "japan": "rice fuji", "egypt": "nile pyramids", "norway": "fjords snow", "peru": "andes llamas", "kenya": "lions savanna", "cuba": "sugar cigars",
    "dog": "bone kennel", "cat": "mouse basket", "cow": "milk shed", "sheep": "wool fold", "horse": "saddle stable", "hen": "eggs coop", "goose": "pond feathers", "goat": "cheese mountain",
}
SIDES = {
    "male and female": ("he his himself", "she her herself"),
    "country and capital": ("nation border army", "city streets mayor"),
    "adult and young": ("old large strong", "young small playful"),
}
TEMPLATES = [
    "the {word} and {side} {topic}",
    "{side} {topic} is near the {word}",
    "the {word} has {side} {side} {topic}",
    "we saw the {topic} and the {side} {word}",
    "a {word} of {topic} in {side} {topic}",
]


def template_corpus(sentences, seed):
    """Sentences filled in at random: a word, things that belong to its pair, and words that go with its side of the pair."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(sentences):
        kind = list(PAIRS)[rng.integers(len(PAIRS))]
        pair, side = PAIRS[kind][rng.integers(len(PAIRS[kind]))], rng.integers(2)
        blanks = {"word": [pair[side]], "topic": TOPICS[pair[0]].split(), "side": SIDES[kind][side].split()}
        template = TEMPLATES[rng.integers(len(TEMPLATES))].split()
        found.append([str(rng.choice(blanks[piece[1:-1]])) if piece[0] == "{" else piece for piece in template])
    return found
