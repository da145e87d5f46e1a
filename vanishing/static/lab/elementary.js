/**
 * Functions that Math has, too, but not to the same last bit in every browser.
 *
 * @module
 */

const TERMS = 14; // of the series of eʳ, |r| up to ln 2 / 2
const ODD_TERMS = 25; // the last power in the series of the logarithm
const LN2 = [6.93147180369123816490e-1, 1.90821492927058770002e-10]; // times whole numbers, the first is exact
const FARTHEST = 708; // beyond it 2ⁿ is no normal number

const power = new Float64Array(1);
const halves = new Uint32Array(power.buffer);

/** Return eʳ − 1 and 2ⁿ, where x = r + n · ln 2. @param {number} x up to FARTHEST in size @returns {[number, number]} */
function parts(x) {
  const n = Math.round(x * Math.LOG2E);
  const r = x - n * LN2[0] - n * LN2[1];
  let sum = 1;
  for (let k = TERMS; k > 1; k--) sum = 1 + (r / k) * sum;
  halves[1] = (n + 1023) << 20;
  return [r * sum, power[0]];
}

/** Return eˣ. @param {number} x */
export function exp(x) {
  if (!(Math.abs(x) <= FARTHEST)) return x > 0 ? Infinity : x < 0 ? 0 : x;
  const [rest, scale] = parts(x);
  return (rest + 1) * scale;
}

/** Return eˣ − 1, exact also near 0. @param {number} x */
export function expm1(x) {
  if (!(Math.abs(x) <= FARTHEST)) return x > 0 ? Infinity : x < 0 ? -1 : x;
  const [rest, scale] = parts(x);
  return rest * scale + (scale - 1);
}

/** Return tanh x. @param {number} x */
export function tanh(x) {
  const twice = expm1(2 * Math.min(Math.abs(x), FARTHEST / 4));
  return x < 0 ? -twice / (twice + 2) : twice / (twice + 2);
}

/** Return ln x. @param {number} x from 1 on, not large: it is halved until it is near 1 */
export function log(x) {
  let whole = 0;
  for (; x > Math.SQRT2 && x < Infinity; x /= 2) whole += 1;
  const t = (x - 1) / (x + 1);
  let sum = 0;
  for (let k = ODD_TERMS; k > 0; k -= 2) sum = sum * t * t + 2 / k;
  return sum * t + whole * (LN2[0] + LN2[1]);
}
