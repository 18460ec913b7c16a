"""pgvector's vector(n): a 1-D float32 numpy array."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.types.dense import DenseCodec, dense_type

Vector = npt.NDArray[np.float32]

VECTOR_OID = 16385
VECTOR_ARRAY_OID = 16386

CODEC = DenseCodec("vector", np.float32)

VECTOR = dense_type(CODEC, VECTOR_OID, VECTOR_ARRAY_OID, pa.float32())
