"""What a description set's hash covers, over any set and any change of it."""

from hypothesis import assume, given
from hypothesis import strategies as st

from description_store.records import Description, DescriptionSet, Provenance, Rendering

text = st.text(st.characters(codec="utf-8"), max_size=8)
texts = st.lists(text, max_size=3).map(tuple)
descriptions = st.builds(
    Description,
    class_name=text,
    descriptors=texts,
    text=text,
    tokens=st.integers(0, 77),
    dropped=texts,
    warnings=texts,
    parse_ids=st.lists(st.integers(1, 9), max_size=2).map(tuple),
)
provenances = st.builds(
    Provenance,
    kind=st.sampled_from(["llm", "builtin", "control", "edit", "import"]),
    model=st.none() | text,
    endpoint=st.none() | text,
    prompt=st.none() | text,
    prompt_hash=st.none() | text,
    params=st.dictionaries(text, st.integers(), max_size=2),
    samples=st.none() | st.integers(2, 9),
    pooling=st.none() | text,
    parent_hash=st.none() | text,
    control=st.none() | text,
    seed=st.none() | st.integers(0, 9),
    change=st.none() | st.dictionaries(text, text, min_size=1, max_size=1),
    imported=st.none() | st.dictionaries(text, text, min_size=1, max_size=1),
)
renderings = st.builds(
    Rendering,
    form=st.sampled_from(["list", "sentence", "each"]),
    prefix=text,
    suffix=text,
    combine=st.sampled_from(["joined", "mean_embedding", "mean_score", "max_score", "mean_raw"]),
    compounds=st.sampled_from([None, "average", "concatenate"]),
)
MATTERS = {
    "class_set": text,
    "class_set_hash": text,
    "descriptions": st.lists(descriptions, min_size=1, max_size=3).map(tuple),
    "provenance": provenances,
    "rendering": renderings,
}
DOES_NOT = {
    "version": st.integers(0, 99),
    "context_tokens": st.integers(0, 16),
    "note": text,
    "dfer_version": text,
    "created_at": text,
    "aliases": texts,
    "tags": texts,
    "notes": texts,
}
OF_A_DESCRIPTION = {"tokens": st.integers(0, 77), "dropped": texts, "warnings": texts}
sets = st.builds(DescriptionSet, **MATTERS, **DOES_NOT)


def test_every_field_is_known_to_matter_or_not_to() -> None:
    assert set(DescriptionSet.model_fields) == {*MATTERS, *DOES_NOT}
    covered = {"class_name", "descriptors", "text"}
    assert set(Description.model_fields) == {*covered, *OF_A_DESCRIPTION, "parse_ids"}


@given(sets, st.data())
def test_whatever_matters_changes_the_hash(found: DescriptionSet, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(MATTERS)))
    other = found.model_copy(update={field: data.draw(MATTERS[field])})
    assume(_identity(other) != _identity(found))
    assert other.hash != found.hash


@given(sets, st.data())
def test_whatever_does_not_matter_leaves_the_hash(found: DescriptionSet, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(DOES_NOT)))
    assert found.model_copy(update={field: data.draw(DOES_NOT[field])}).hash == found.hash
    field = data.draw(st.sampled_from(sorted(OF_A_DESCRIPTION)))
    value = data.draw(OF_A_DESCRIPTION[field])
    changed = tuple(d.model_copy(update={field: value}) for d in found.descriptions)
    assert found.model_copy(update={"descriptions": changed}).hash == found.hash


@given(sets)
def test_a_set_that_went_through_json_has_the_same_hash(found: DescriptionSet) -> None:
    assert DescriptionSet.model_validate_json(found.model_dump_json()).hash == found.hash


def _identity(found: DescriptionSet) -> tuple[object, ...]:
    words = [(d.class_name, d.descriptors, d.text) for d in found.descriptions]
    return found.class_set, found.class_set_hash, words, found.provenance, found.rendering
