/**
 * PyTorch's random numbers, bit for bit as its x86 build with AVX2 or AVX-512 draws them on the CPU.
 *
 * The polynomials of `logarithm` and `sineAndCosine` are those of avx_mathfun.h (Copyright (C) 2012 Giovanni
 * Garberoglio, after sse_mathfun.h by Julien Pommier, after Cephes), rewritten here for one number
 * at a time: an altered version of software under the zlib license.
 *
 * @module
 */

const { fround } = Math;
const SIZE = 624;
const SHIFT = 397;
const BLOCK = 16; // normal numbers are made from so many uniform ones
const FLOAT = 24; // bits of a float32
const DOUBLE = 53;

/** The Mersenne twister mt19937 (Matsumoto & Nishimura 1998) and what PyTorch draws with it. */
export class Random {
  /** @param {number} seed whole number; only its low 32 bits count, as in PyTorch */
  constructor(seed) {
    const state = new Uint32Array(SIZE);
    state[0] = seed % 2 ** 32;
    for (let i = 1; i < SIZE; i++) {
      const before = state[i - 1] ^ (state[i - 1] >>> 30);
      state[i] = Math.imul(1812433253, before) + i;
    }
    this.state = state;
    this.next = SIZE;
    /** @type {number | null} the second number of a pair, kept for the next draw */
    this.spare = null;
  }

  /** Draw a whole number below 2³². */
  word() {
    if (this.next === SIZE) twist(this.state);
    this.next %= SIZE;
    let y = this.state[this.next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** Fill with numbers from `from` to `to`. @param {Float32Array} values @param {number} from @param {number} to */
  uniform(values, from, to) {
    const start = fround(from);
    const span = fround(fround(to) - start);
    for (let i = 0; i < values.length; i++) values[i] = fused(this.unit(), span, start);
  }

  /** Fill with normal numbers around 0. @param {Float32Array} values @param {number} deviation */
  normal(values, deviation) {
    if (values.length < BLOCK) {
      for (let i = 0; i < values.length; i++) values[i] = this.one() * deviation;
      return;
    }
    for (let i = 0; i < values.length; i++) values[i] = this.unit();
    const whole = values.length - (values.length % BLOCK);
    for (let i = 0; i < whole; i += BLOCK) toNormal(values.subarray(i, i + BLOCK), deviation);
    if (whole < values.length) {
      const last = values.subarray(-BLOCK);
      for (let i = 0; i < BLOCK; i++) last[i] = this.unit();
      toNormal(last, deviation);
    }
  }

  /** Draw an order of the numbers below `size`. @param {number} size */
  permutation(size) {
    const order = Uint32Array.from({ length: size }, (_, i) => i);
    for (let i = 0; i < size - 1; i++) {
      const other = i + (this.word() % (size - i));
      const kept = order[i];
      order[i] = order[other];
      order[other] = kept;
    }
    return order;
  }

  /** Draw a float32 from 0 on, below 1. */
  unit() {
    return (this.word() % 2 ** FLOAT) / 2 ** FLOAT;
  }

  /** Draw one standard normal number in float64 (Box & Muller 1958). */
  one() {
    if (this.spare !== null) {
      const kept = this.spare;
      this.spare = null;
      return kept;
    }
    const angle = 2 * Math.PI * this.long();
    const radius = Math.sqrt(-2 * Math.log1p(-this.long()));
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Draw a float64 from 0 on, below 1. */
  long() {
    const high = this.word() % 2 ** (DOUBLE - 32);
    return (high * 2 ** 32 + this.word()) / 2 ** DOUBLE;
  }
}

/** @param {Uint32Array} state */
function twist(state) {
  for (let i = 0; i < SIZE; i++) {
    const y = (state[i] & 0x80000000) | (state[(i + 1) % SIZE] & 0x7fffffff);
    state[i] = state[(i + SHIFT) % SIZE] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
  }
}

/** Turn sixteen uniform numbers into normal ones. @param {Float32Array} values @param {number} deviation */
function toNormal(values, deviation) {
  const scale = fround(deviation);
  const half = BLOCK / 2;
  for (let i = 0; i < half; i++) {
    const radius = fround(Math.sqrt(fround(-2 * logarithm(fround(1 - values[i])))));
    const [sine, cosine] = sineAndCosine(fround(fround(2 * Math.PI) * values[i + half]));
    values[i] = fused(fround(radius * cosine), scale, 0);
    values[i + half] = fused(fround(radius * sine), scale, 0);
  }
}

const sum = new Float64Array(1);
const halves = new Uint32Array(sum.buffer);

/**
 * Compute x · y + z of float32 numbers, rounded once, as a processor's fused multiply-add does.
 *
 * The product is exact in float64. Where the sum is not, and lies just in the middle between two float32 numbers,
 * what was lost decides.
 *
 * @param {number} x @param {number} y @param {number} z @returns {number}
 */
function fused(x, y, z) {
  const product = x * y;
  sum[0] = product + z;
  if ((halves[0] & 0x1fffffff) === 0x10000000) {
    const part = sum[0] - product;
    const lost = product - (sum[0] - part) + (z - part);
    if (lost !== 0) halves[0] += lost > 0 === sum[0] > 0 ? 1 : -1;
  }
  return fround(sum[0]);
}

/** @param {number[]} coefficients @param {number} x */
function polynomial(coefficients, x) {
  let value = coefficients[0];
  for (let i = 1; i < coefficients.length; i++) value = fused(value, x, coefficients[i]);
  return value;
}

const LOGARITHM = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1,
  -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(fround);
const LN2 = [-2.1219444e-4, 0.693359375].map(fround);
const SINE = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1].map(fround);
const COSINE = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2].map(fround);
const QUARTER_TURN = [-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8].map(fround);

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Return ln x in float32. @param {number} x above 0, at most 1 */
function logarithm(x) {
  float[0] = x;
  let exponent = (bits[0] >>> 23) - 126;
  bits[0] = (bits[0] & 0x007fffff) | 0x3f000000;
  let rest = fround(float[0] - 1);
  if (float[0] < fround(Math.SQRT1_2)) {
    exponent -= 1;
    rest = fround(rest + float[0]);
  }
  const square = fround(rest * rest);
  let y = fround(polynomial(LOGARITHM, rest) * rest);
  y = fused(y, square, fround(exponent * LN2[0]));
  y = fused(-square, 0.5, y);
  return fused(exponent, LN2[1], fround(rest + y));
}

/** Return sin x and cos x in float32. @param {number} x from 0 to 2π @returns {[number, number]} */
function sineAndCosine(x) {
  const octant = (Math.trunc(fround(x * fround(4 / Math.PI))) + 1) & ~1;
  for (const part of QUARTER_TURN) x = fused(octant, part, x);
  const square = fround(x * x);
  const y = fround(polynomial(COSINE, square) * square);
  const cosine = fround(fused(y, square, -fround(square * 0.5)) + 1);
  const sine = fused(fround(polynomial(SINE, square) * square), x, x);
  const [first, second] = octant & 2 ? [cosine, sine] : [sine, cosine];
  return [octant & 4 ? -first : first, (octant - 2) & 4 ? second : -second];
}
