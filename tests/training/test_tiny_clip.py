"""How `dfer-tiny` is trained: what it may read and see, and that what is written is what was learnt."""

import random
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from dfer.action_units import EMOTIONS
from dfer.describe.clip_tokens import token_ids
from dfer.describe.facs_author import phrases
from dfer.models.clip_backbone import load_clip
from dfer.models.text_tower import TextTower
from dfer.models.tiny_clip.packed import CONFIGURATION, SHIPPED, save_packed
from dfer.models.tiny_clip.vocabulary import HASHED_ROWS, rows_of_tokens
from dfer.models.tokens import END, START, encode_descriptions
from dfer.training.tiny_clip.faces import UNITS, Face, draw_faces, draw_random_face, draw_units
from dfer.training.tiny_clip.learning import train_tiny_clip
from dfer.training.tiny_clip.phrases import training_words
from dfer.training.tiny_clip.texts import TextRows
from dfer.training.tiny_clip.wording import held_out, sentence

SHOWN = st.dictionaries(st.sampled_from(UNITS), st.floats(0.22, 1.0), max_size=8)


@pytest.fixture(scope="module")
def faces() -> tuple[Face, ...]:
    return draw_faces(96, seed=7, size=64, processes=1)


@given(shown=SHOWN, seed=st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_no_sentence_names_an_emotion_but_neutral_or_says_what_the_built_in_author_says(
    shown: dict[int, float], seed: int
) -> None:
    text = sentence(shown, person="woman", rng=random.Random(seed))
    assert not held_out().search(text)
    # Neutral is an adjective too: "neutral eyebrows" are said, and the card says that they are.
    assert not (set(EMOTIONS) - {"neutral"}) & set(text.replace(",", "").replace(".", "").split())


def test_what_is_held_out_is_found_wherever_it_stands() -> None:
    assert held_out().search("a woman with a wrinkled nose.")
    assert held_out().search("lip corners pulled up and cheeks raised")
    assert not held_out().search("a nose wrinkled above lifted lips")


def test_every_word_of_the_built_in_author_is_said_somewhere_in_training() -> None:
    known = {token for text in training_words() for token in token_ids(text)}
    said = {token for emotion in EMOTIONS for phrase in phrases([emotion]) for token in token_ids(phrase)}
    assert said <= known


def test_every_token_of_every_sentence_has_a_row_of_its_own() -> None:
    rows, rng = TextRows(), random.Random(1)
    own = rows.count - 2 - HASHED_ROWS
    texts = [sentence(draw_units(rng), person=rng.choice(("man", "woman")), rng=rng) for _ in range(2000)]
    encoded = rows.encode(texts)
    assert all(row < own or row >= own + HASHED_ROWS for row in encoded.unique().tolist())


def test_a_sentence_says_only_what_the_face_shows() -> None:
    """Told from a face at rest: nothing that moves is said of it, whatever is drawn."""
    moving = ("smile", "frown", "wide open", "jaw dropped", "bitten", "wrinkled")
    for seed in range(300):
        text = sentence({}, person="man", rng=random.Random(seed)).replace("no frown", "")
        assert not any(word in text for word in moving), text


@given(known=st.sets(st.integers(0, START - 1), max_size=50), text=st.lists(st.integers(0, START - 1)))
@settings(max_examples=30, deadline=None)
def test_known_tokens_have_rows_of_their_own_and_the_end_token_the_last(
    known: set[int], text: list[int]
) -> None:
    rows = rows_of_tokens(known)
    own = [int(rows[token]) for token in sorted(known)]
    assert own == list(range(len(known)))
    assert all(len(known) <= int(rows[token]) < len(known) + HASHED_ROWS for token in set(text) - known)
    assert int(rows[START]) == int(rows[END]) - 1 == int(rows.max()) - 1


def test_faces_are_the_same_in_one_process_and_in_two(faces: tuple[Face, ...]) -> None:
    again = draw_faces(4, seed=7, size=64, processes=2)
    for one, other in zip(faces, again, strict=False):
        assert (one.pixels == other.pixels).all()
        assert (one.shown, one.person) == (other.shown, other.person)


def test_a_face_never_smiles_with_its_mouth_corners_pulled_down() -> None:
    drawn = [draw_units(random.Random(seed)) for seed in range(500)]
    assert not any({12, 15} <= units.keys() for units in drawn)
    assert any(not units for units in drawn)  # faces at rest are among them
    assert set().union(*drawn) == set(UNITS)


def test_what_is_shown_can_be_seen() -> None:
    shown = [draw_random_face(f"seen/{number}", size=32).shown for number in range(60)]
    assert all(0.22 <= intensity <= 1 for units in shown for intensity in units.values())


def test_the_same_seed_gives_the_same_weights(faces: tuple[Face, ...]) -> None:
    first, rows = train_tiny_clip(faces, steps=3, seed=1)
    again, same_rows = train_tiny_clip(faces, steps=3, seed=1)
    other, _ = train_tiny_clip(faces, steps=3, seed=2)
    assert torch.equal(rows, same_rows)
    assert all(torch.equal(tensor, again[name]) for name, tensor in first.items())
    assert not torch.equal(first["text_projection"], other["text_projection"])


def test_weights_that_were_written_read_texts_and_faces_as_the_trained_model_did(
    faces: tuple[Face, ...], tmp_path: Path
) -> None:
    state, row_of = train_tiny_clip(faces, steps=3, seed=1)
    save_packed(tmp_path / "mine.safetensors", state, row_of, metadata={})
    clip = load_clip(architecture="dfer-tiny", pretrained=str(tmp_path / "mine.safetensors"))
    assert clip.identity["pretrained"] == "mine.safetensors"

    import open_clip

    rows = TextRows()
    trained = open_clip.CLIP(
        **{**CONFIGURATION, "text_cfg": {**CONFIGURATION["text_cfg"], "vocab_size": rows.count}}
    )
    trained.load_state_dict(state)
    trained.eval()
    texts = ["wrinkled nose, raised upper lip.", "harpsichord", "a smile"]
    whole = torch.zeros(len(texts), 77, dtype=torch.long)
    for place, ids in zip(whole, encode_descriptions(texts, context_length=77), strict=True):
        place[: len(ids) + 2] = torch.tensor([START, *ids, END])
    with torch.inference_mode():
        mine = functional.normalize(clip.model.encode_text(whole), dim=-1)  # type: ignore[operator]
        encoded = rows.encode(texts)
        read = TextTower(text=trained)(trained.token_embedding(encoded), encoded.argmax(dim=1))
        theirs = functional.normalize(read, dim=-1)
        assert torch.allclose(mine, theirs, atol=5e-3)  # half precision on the way
        pixels = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
        seen = [functional.normalize(model.encode_image(pixels), dim=-1) for model in (clip.model, trained)]
        assert torch.allclose(*seen, atol=2e-2)


def test_the_shipped_weights_are_small_and_known_to_their_card() -> None:
    import hashlib

    card = (SHIPPED.parent / "CARD.md").read_text(encoding="utf-8")
    assert SHIPPED.stat().st_size <= 8_000_000
    assert hashlib.sha256(SHIPPED.read_bytes()).hexdigest() in card


@pytest.mark.slow
def test_to_the_shipped_weights_descriptions_beat_every_control_and_swapped_words_lose_to_random_ones(
    tmp_path: Path,
) -> None:
    """On people and in words that no training met. Differences are `dfer compare`'s, over five folds."""
    from benchmarks.words_matter import CONTROLS, word_scores

    compared = word_scores(tmp_path, clips=140, seed=5)
    uar = dict(zip(("described", *CONTROLS), (row["uar_mean"] for row in compared["rows"]), strict=True))
    at_random = [score for name, score in uar.items() if name.startswith("random")]
    assert uar["described"] > 0.9
    assert uar["swapped"] < min(at_random)
    assert uar["described"] - max(at_random) > uar["described"] / 2
    # The first pairs are the descriptions with each control: every interval leaves zero out.
    assert all(pair["uar_ci"][0] > 0 for pair in compared["pairs"][: len(CONTROLS)])
