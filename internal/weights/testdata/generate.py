"""Writes the npy and npz fixtures beside this file.

Written with numpy 1.24.2 on Python 3.11. Run it in this folder: python3 generate.py
The values are simple enough to be known by heart: element k of an array, in C order, is k + 0.5,
save for the special values. The tests state them again by hand.
"""

import hashlib

import numpy as np


def ramp(*shape, dtype="<f4"):
    return (np.arange(np.prod(shape, dtype=int)) + 0.5).reshape(shape).astype(dtype)


def write(name, array, version=(1, 0), allow_pickle=False):
    with open(name, "wb") as f:
        np.lib.format.write_array(f, array, version=version, allow_pickle=allow_pickle)


# What is read.
write("f4.npy", ramp(2, 3))
write("f4_v2.npy", ramp(2, 3), version=(2, 0))
write("f4_v3.npy", ramp(2, 3), version=(3, 0))
write("f2.npy", ramp(2, 3, dtype="<f2"))
write("f8.npy", ramp(2, 3, dtype="<f8"))
write("fortran_2d.npy", np.asfortranarray(ramp(2, 3)))
write("fortran_4d.npy", np.asfortranarray(ramp(2, 3, 4, 5)))
write("scalar.npy", np.array(0.5, dtype="<f4"))
write("vector.npy", ramp(5))
write("empty.npy", ramp(0, 3))
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -2.0, 65504.0, 2.0**-24, -(2.0**-14), 1 / 3]
write("special_f2.npy", np.array(SPECIAL, dtype="<f2"))
write("special_f4.npy", np.array(SPECIAL, dtype="<f4"))
write("special_f8.npy", np.array(SPECIAL, dtype="<f8"))
write("random_4d.npy", np.random.default_rng(1).standard_normal((4, 3, 2, 2)).astype("<f4"))

np.savez("stored.npz", **{"conv1/weights": ramp(2, 3), "conv1/biases:0": ramp(2), "half": ramp(3, dtype="<f2")})
np.savez_compressed("deflated.npz", zeros=np.zeros((100, 100), dtype="<f4"), ramp=ramp(2, 3).T)
np.savez("batchnorm.npz", **{"bn.weight": ramp(2), "bn.num_batches_tracked": np.array(7)})

# What is refused.
write("refused_big_endian.npy", ramp(2, dtype=">f4"))
write("refused_bool.npy", np.array([True, False]))
write("refused_complex.npy", np.array([1 + 2j], dtype="<c8"))
write("refused_date.npy", np.array(["2015-02-06"], dtype="datetime64[D]"))
write("refused_int.npy", np.array([1, 2], dtype="<i8"))
write("refused_object.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
write("refused_overflow.npy", np.array([1e300], dtype="<f8"))
write("refused_structured.npy", np.zeros(1, dtype=[("w", "<f4"), ("b", "<f4")]))
write("refused_text.npy", np.array(["abc"]))
write("refused_void.npy", np.zeros(2, dtype="V2"))

# All float16 values that are not NaN, in the order of their bits, as float32: the expected hash in dtype_test.go.
halves = np.arange(1 << 16, dtype="<u2").view("<f2")
halves = halves[~np.isnan(halves)].astype("<f4")
print("numpy", np.__version__, "float16 to float32:", len(halves), hashlib.sha256(halves.tobytes()).hexdigest())
print("random_4d.npy sum:", repr(float(np.load("random_4d.npy").astype("f8").sum())))
print("random_4d.npy first, last:", np.load("random_4d.npy").ravel()[[0, 1, 47]])
