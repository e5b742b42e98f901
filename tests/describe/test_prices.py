"""What answers cost, by a price file of the user's."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.describe.clip_tokens import count_tokens
from dfer.describe.prices import ModelPrice, Prices, input_token_bound, load_prices
from dfer.errors import ConfigurationError

FILE = """
currency = "USD"
date = 2026-11-01        # when these prices were read
[models."gpt-4"]
input = 30.0             # per million tokens
output = 60
[models."gpt-4.1-mini"]
input = 0.15
output = 1_000.5
[models.local]
input = 0
output = 0
"""
PRICES = Prices(
    currency="USD",
    date=date(2026, 11, 1),
    models={
        "gpt-4": ModelPrice(input=Decimal(30), output=Decimal(60)),
        "local": ModelPrice(input=0, output=0),
    },
)


def write(folder: Path, text: str) -> Path:
    path = folder / "prices.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_price_file_is_read_to_the_last_decimal(tmp_path: Path) -> None:
    prices = load_prices(write(tmp_path, FILE))
    assert (prices.currency, prices.date) == ("USD", date(2026, 11, 1))
    assert prices.models["gpt-4"] == ModelPrice(input=Decimal(30), output=Decimal(60))
    assert prices.models["gpt-4.1-mini"] == ModelPrice(input=Decimal("0.15"), output=Decimal("1000.5"))


def test_a_cost_is_the_tokens_of_both_sides_times_their_price_per_million() -> None:
    assert PRICES.cost("gpt-4", 1_000_000, 0) == 30
    assert PRICES.cost("gpt-4", 411, 7) == Decimal("0.01275")
    assert PRICES.cost("gpt-4", 0, 0) == 0


@pytest.mark.parametrize(
    ("model", "input_tokens", "output_tokens"),
    [("gpt-5", 10, 10), ("GPT-4", 10, 10), ("gpt-4", None, 10), ("gpt-4", 10, None), ("local", None, None)],
)
def test_what_is_not_known_costs_none_and_never_nothing(
    model: str, input_tokens: int | None, output_tokens: int | None
) -> None:
    cost = PRICES.cost(model, input_tokens, output_tokens)
    assert cost is None
    assert PRICES.describe(cost) == "unknown"


def test_a_model_that_the_file_calls_free_costs_nothing() -> None:
    assert PRICES.describe(PRICES.cost("local", 10, 10)) == "0.00 USD (prices of 2026-11-01)"


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_two_requests_cost_what_each_costs(a: int, b: int, c: int, d: int) -> None:
    together = PRICES.cost("gpt-4", a + c, b + d)
    apart = [PRICES.cost("gpt-4", a, b), PRICES.cost("gpt-4", c, d)]
    assert together == sum(cost for cost in apart if cost is not None)


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("0", "0.00"),
        ("0.0123", "0.0123"),
        ("0.0123456", "0.0123"),
        ("0.01", "0.01"),
        ("0.5", "0.50"),
        ("0.00005", "0.00005"),
        ("0.99996", "1.00"),
        ("12.346", "12.35"),
        ("1234567.8", "1234567.80"),
        ("0.0000001", "less than 0.000001"),
    ],
)
def test_an_amount_has_two_decimals_or_three_digits(amount: str, said: str) -> None:
    assert PRICES.describe(Decimal(amount)) == f"{said} USD (prices of 2026-11-01)"


@given(st.decimals(min_value=Decimal("0.000001"), max_value=10**9, allow_nan=False))
def test_a_shown_amount_is_within_half_a_percent_or_half_a_cent(amount: Decimal) -> None:
    shown = Decimal(PRICES.describe(amount).split()[0])
    assert abs(shown - amount) <= (Decimal("0.005") * amount if amount < 1 else Decimal("0.005"))


def test_a_missing_price_file_is_an_error_that_shows_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.toml: No such file") as caught:
        load_prices(tmp_path / "none.toml")
    assert '[models."gpt-4"]' in caught.value.hint


@pytest.mark.parametrize("content", [b"currency = ", b"\xff\xfe", b"currency = USD", b'a = 1\na = "1"'])
def test_a_price_file_that_is_no_toml_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "prices.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"prices\.toml cannot be parsed") as caught:
        load_prices(path)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("input = 30.0", "", r"models\.gpt-4\.input: Field required"),
        ("input = 30.0", "input = -1", r"models\.gpt-4\.input: .*greater than or equal to 0"),
        ("input = 30.0", "input = nan", r"models\.gpt-4\.input: .*finite"),
        ("input = 30.0", "input = inf", r"models\.gpt-4\.input: .*finite"),
        ("input = 30.0", "input = 1e400", r"models\.gpt-4\.input: .*less than"),
        ("input = 30.0", "input = 1e99999999999999999999", r"models\.gpt-4\.input: .*decimal"),
        ("input = 30.0", "input = true", r"models\.gpt-4\.input"),
        ("input = 30.0", 'input = "cheap"', r"models\.gpt-4\.input"),
        ("input = 30.0", "input = 30.0\ncached = 3", r"models\.gpt-4\.cached: Extra"),
        ('models."gpt-4"', "models.gpt-4.1", r"models\.gpt-4\.input: Field required"),
        ("[models.local]", "[model.local]", "model: Extra"),
        ('currency = "USD"', "", "currency: Field required"),
        ('currency = "USD"', 'currency = " "', "currency"),
        ("date = 2026-11-01", "", "date: Field required"),
        ("date = 2026-11-01", 'date = "soon"', "date: "),
    ],
)
def test_a_wrong_field_is_an_error_that_says_which_and_how_to_write_it(
    tmp_path: Path, old: str, new: str, where: str
) -> None:
    assert old in FILE
    with pytest.raises(ConfigurationError, match=rf"prices\.toml: {where}") as caught:
        load_prices(write(tmp_path, FILE.replace(old, new)))
    assert "currency, date" in caught.value.hint


def test_the_bound_is_every_byte_and_sixteen_tokens_of_markup_for_each_message() -> None:
    assert input_token_bound([]) == 0
    assert input_token_bound([{"role": "user", "content": "Hi"}]) == 4 + 2 + 16
    assert input_token_bound([{"role": "user", "content": "眉"}, {"role": "system", "content": ""}]) == 45


@given(
    st.lists(st.fixed_dictionaries({"role": st.just("user"), "content": st.text(max_size=50)}), max_size=4)
)
def test_the_bound_grows_with_every_character_and_every_message(messages: list[dict[str, str]]) -> None:
    bound = input_token_bound(messages)
    assert input_token_bound([*messages, {"role": "user", "content": "x"}]) > bound + 1
    assert bound >= sum(len(message["content"]) for message in messages)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=100))
def test_a_byte_level_tokenizer_stays_below_the_bound(text: str) -> None:
    # CLIP's is one, after a cleaning that may lengthen a text; these leave it nothing to clean.
    cleaned = " ".join(word for word in text.split() if word.isascii() and "&" not in word)
    assert count_tokens(cleaned) <= input_token_bound([{"role": "user", "content": cleaned}])
