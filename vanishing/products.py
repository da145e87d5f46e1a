"""Measure what repeated multiplication does, to a number in few bits and to a matrix."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from scipy.linalg.lapack import dgejsv  # type: ignore[import-untyped]
from torch import Tensor

from vanishing import bounds
from vanishing.experiment import SEED
from vanishing.remembering import remembered
from vanishing.reproducible import without_flushing

FORMATS = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
MOST_POWERS = 1000


@bounds.checked(
    factor=bounds.real(0, 1e300, example=0.25),
    count=bounds.whole(1, MOST_POWERS),
    number_format=bounds.choice(FORMATS),
)
def powers(factor: float, count: int, number_format: str) -> tuple[float, ...]:
    """Multiply 1 by a factor again and again, rounding each product to a floating-point format.

    Returns the first ``count`` products, as Python numbers; subnormal numbers are kept.
    number_format: "float32", "float16" or "bfloat16", into which the factor is rounded as well.

    Raises ``ValueError`` for an unknown format, a factor that is negative or not finite, or a
    count that is not between 1 and 1000.
    """
    dtype = FORMATS[number_format]
    product, number = torch.ones((), dtype=dtype), torch.tensor(factor, dtype=dtype)
    with without_flushing():
        return tuple((product := product * number).item() for _ in range(count))


@dataclass(frozen=True, kw_only=True)
class MatrixProduct:
    """Describe a product of independent random square matrices, whole.

    kind: ``"gaussian"``, entries of variance ``weight_scale²`` / ``width``, or ``"orthogonal"``,
    ``weight_scale`` times a matrix from the uniform (Haar) distribution on the orthogonal group.

    Raises ``ValueError`` for a value out of bounds and ``TypeError`` for a wrong type.
    """

    kind: str
    factors: int
    width: int = 64
    weight_scale: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be computed; turn NumPy's numbers into Python's."""
        bounds.settle(
            self,
            kind=bounds.choice(KINDS),
            factors=bounds.whole(1, 100),
            width=bounds.whole(1, 256),
            weight_scale=bounds.real(0.1, 10, "1.0", "1.0", example=1.0),
            seed=SEED,
        )


@dataclass(frozen=True)
class Spectrum:
    """Hold the singular values of a matrix product, the largest first."""

    product: MatrixProduct
    values: tuple[float, ...]


@bounds.checked(product=bounds.a(MatrixProduct, "MatrixProduct(factors=10)"))
@remembered
def singular_values(product: MatrixProduct) -> Spectrum:
    """Draw the factors and compute the singular values of their product, ``width`` of them.

    Each value is accurate to about twelve digits, however small: the factors are never multiplied
    as they stand, since rounding would then replace all values below 1e-16 of the largest one.
    Instead each factor times the last orthogonal matrix is split into an orthogonal and a
    triangular matrix; the product of the triangular ones has rows of falling size, and the
    one-sided Jacobi method finds the small singular values of such a matrix (Stewart, "On graded
    QR decompositions of products of matrices"; Drmač & Veselić 2008, "New fast and accurate Jacobi
    SVD algorithm", SIAM Journal on Matrix Analysis and Applications 29; LAPACK's ``dgejsv``).
    """
    generator = torch.Generator().manual_seed(product.seed)
    orthogonal = torch.eye(product.width, dtype=torch.float64)
    triangular = torch.eye(product.width, dtype=torch.float64)
    for _ in range(product.factors):
        factor = product.weight_scale * KINDS[product.kind](product.width, generator)
        orthogonal, next_triangular = torch.linalg.qr(factor @ orthogonal)
        triangular = next_triangular @ triangular
    return Spectrum(product, _graded_singular_values(triangular.T))


def _graded_singular_values(matrix: Tensor) -> tuple[float, ...]:
    """Return the singular values of a matrix whose columns differ widely in size."""
    # joba=1: accurate for any scaling of the columns; 3: no singular vectors; 0: drop no column
    values, _u, _v, work, _iwork, info = dgejsv(
        matrix.numpy(), joba=1, jobu=3, jobv=3, jobr=0, jobt=0, jobp=0
    )
    if info:
        raise ArithmeticError(f"the singular values did not converge (dgejsv: info {info})")
    return tuple((values * (work[0] / work[1])).tolist())


def _gaussian(width: int, generator: torch.Generator) -> Tensor:
    """Draw independent normal entries of variance 1/width."""
    entries = torch.randn(width, width, generator=generator, dtype=torch.float64)
    return entries / math.sqrt(width)


def _orthogonal(width: int, generator: torch.Generator) -> Tensor:
    """Draw uniformly: the Q of a Gaussian matrix, where R has a positive diagonal."""
    q, r = torch.linalg.qr(_gaussian(width, generator))
    signs: Tensor = r.diagonal().sign()
    return torch.mul(q, signs)


KINDS: dict[str, Callable[[int, torch.Generator], Tensor]] = {
    "gaussian": _gaussian,
    "orthogonal": _orthogonal,
}
