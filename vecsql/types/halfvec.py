"""pgvector's halfvec(n): a 1-D float16 numpy array. In DuckDB it is a list of FLOAT that are all float16 values."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from vecsql.types.dense import DenseCodec, dense_type

HALFVEC_OID = 16387
HALFVEC_ARRAY_OID = 16388

CODEC = DenseCodec("halfvec", np.float16)

HALFVEC = dense_type(CODEC, HALFVEC_OID, HALFVEC_ARRAY_OID, pa.float16())
