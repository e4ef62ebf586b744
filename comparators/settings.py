"""How answers are compared, as an operator writes it. Composed by understudy/settings.

Only what decides a comparison is here, and `alpha`, which only the report uses. Thresholds belong to the policy.
"""

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta, Struct


class CompareSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two numbers p (production's) and c agree where |c - p| <= atol + rtol * |p|; whole numbers must be equal.

    The defaults let a model through that was moved from 64-bit to 32-bit floats: those carry seven digits, of which a
    sum over trees or layers commonly costs two or three.
    """

    atol: Annotated[float, Meta(ge=0, description="Absolute part of the tolerance between two numbers.")] = 1e-5
    rtol: Annotated[float, Meta(ge=0, description="Relative part of it, of production's number.")] = 1e-4
    ignore: Annotated[
        tuple[Annotated[str, Meta(pattern="^/")], ...],
        Meta(description="JSON pointers (* for any key or index) that are not compared, with all below them."),
    ] = ()
    max_decoded_bytes: Annotated[
        int, Meta(ge=1024, description="A body that unpacks to more than this cannot be read.")
    ] = 67_108_864
    alpha: Annotated[
        float, Meta(gt=0, lt=1, description="Chance that an interval of the report ever misses the truth.")
    ] = 0.05

    def basis(self) -> str:
        """Names what decides a comparison: evidence under different bases is never added up."""
        deciding = msgspec.structs.replace(self, alpha=0.05)
        return hashlib.sha256(msgspec.json.encode(deciding)).hexdigest()[:16]
