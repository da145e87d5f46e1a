from __future__ import annotations

import pytest

from booktools.mathml import to_mathml


def test_a_formula_becomes_mathml_without_a_script() -> None:
    mathml = to_mathml(r"\sigma'(x) \le \tfrac14")
    assert mathml.startswith("<math>")
    assert "<mi>σ</mi>" in mathml
    assert "script>" not in mathml


def test_a_displayed_formula_is_a_block() -> None:
    assert to_mathml(r"\frac{a}{b}", display=True).startswith('<math display="block">')


def test_rows_without_an_environment_are_aligned() -> None:
    assert to_mathml(r"a &= b \\ c &= d", display=True).count("<mtr>") == 2


@pytest.mark.parametrize("environment", ["align", "equation", "gather"])
def test_sphinx_alone_numbers_equations(environment: str) -> None:
    latex = rf"\begin{{{environment}}} a = b \end{{{environment}}}"
    assert "(1)" not in to_mathml(latex, display=True)


@pytest.mark.parametrize("latex", [r"\frac{a", r"\nosuchcommand{x}", "a_{n", "x & y"])
def test_a_broken_formula_is_quoted_with_the_reason_and_the_remedy(latex: str) -> None:
    with pytest.raises(ValueError, match=r"cannot read the formula .*; correct its LaTeX"):
        to_mathml(latex)


def test_markup_in_a_formula_stays_text() -> None:
    assert "<script" not in to_mathml(r"\text{<script>alert(1)</script>}")


@pytest.mark.parametrize(
    "latex",
    [
        r"g \leftarrow g \cdot \frac{\theta}{\lVert g \rVert}",
        r"\frac{\partial L}{\partial W_1} = \prod_{l=2}^{n} \operatorname{diag}(\sigma'(z_l))",
        r"\begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}",
        r"\mathcal{N}\left(0, \tfrac{2}{n}\right)",
        r"\left\lVert \mathbf{W}^\top \odot \boldsymbol{\delta} \right\rVert_2",
        r"0.25^{50} \approx 8 \times 10^{-31}",
        r"\underbrace{a \cdots b}_{n}",
    ],
)
def test_the_notation_of_this_field_is_known(latex: str) -> None:
    assert "</math>" in to_mathml(latex, display=True)


def test_the_older_name_of_text_in_a_formula_is_known() -> None:
    assert to_mathml(r"\mbox{mean} x") == to_mathml(r"\text{mean} x")
