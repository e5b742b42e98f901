"""The words that a DFER-CLIP checkpoint was trained with: its token vectors, looked up backwards."""

from torch import Tensor

from dfer.errors import ContentError
from dfer.models.tokens import END


def recovered_tokens(suffix: Tensor, table: Tensor) -> list[list[int]]:
    """The ids of each class's description, without start, context and end.

    `suffix`: (classes, length, width), what stands after the context's places, from the description on.
    `table`: (vocabulary, width), CLIP's token embedding, which DFER-CLIP keeps frozen; so every vector is one
    of its rows to the last bit. Raises ContentError where one is not, or where a description does not end.
    """
    if table.ndim != 2 or suffix.shape[-1:] != table.shape[-1:] or len(table) <= END:
        raise ContentError(f"a token table of {tuple(table.shape)} for vectors of {tuple(suffix.shape)}")
    return [_ids(vectors, table, number) for number, vectors in enumerate(suffix, start=1)]


def _ids(vectors: Tensor, table: Tensor, number: int) -> list[int]:
    ids: list[int] = []
    for vector in vectors:
        # One column leaves a handful of rows, so the table is not compared as a whole.
        near = (table[:, 0] == vector[0]).nonzero().flatten()
        same = near[(table[near] == vector).all(dim=1)].tolist()
        if len(same) != 1:
            raise ContentError(f"token {len(ids) + 1} of class {number} is no row of CLIP's token table")
        if same[0] == END:
            return ids
        ids.append(same[0])
    raise ContentError(f"the description of class {number} has no end token")
