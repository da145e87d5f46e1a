/**
 * The kernels of plain.js as WebAssembly with SIMD, whose bytes are written here.
 *
 * An instruction is a list of bytes behind the lists of its operands; a value that is needed twice is kept in a
 * local. `product` adds the terms in the same order as plain.js and gives the same bits, the others differ from it in
 * the last bits only. Instructions: https://webassembly.github.io/spec/core/appendix/index-instructions.html
 *
 * @module
 */

import {
  BETA1, BETA2, EPSILON, LEAK, SELU_ALPHA, SELU_SCALE, plainKernels,
} from "./plain.js";

/** @typedef {import("./typedefs.js").Kernels} Kernels */
/** @typedef {import("./typedefs.js").Machine} Machine */
/** @typedef {(number | Code)[]} Code */
/** @typedef {(...operands: Code[]) => Code} Instruction */

const [I32, F32, F64, V128] = [0x7f, 0x7d, 0x7c, 0x7b];
const PAGE = 65536;
const SMALLEST = 2 ** -126;

/** @param {...number} code @returns {Instruction} */
const instruction = (...code) => (...operands) => [...operands, code];
/** @param {number} code @returns {Instruction} of SIMD */
const simd = (code) => instruction(0xfd, ...unsigned(code));

const i32 = {
  add: instruction(0x6a), sub: instruction(0x6b), mul: instruction(0x6c), and: instruction(0x71), less: instruction(0x49),
};
const f64 = { add: instruction(0xa0), of: instruction(0xb7) };
const [minimum, maximum, root, nearest] = [simd(0xe8), simd(0xe9), simd(0xe3), simd(0x6a)];
const [and, andNot, or, select] = [simd(0x4e), simd(0x4f), simd(0x50), simd(0x52)];
const [less, atMost, absolute, negate] = [simd(0x43), simd(0x45), simd(0xe0), simd(0xe1)];
const [truncate, everywhere, plus, shiftLeft] = [simd(0xf8), simd(0x11), simd(0xae), simd(0xab)]; // of whole numbers
const [add, sub, mul, div] = [simd(0xe4), simd(0xe5), simd(0xe6), simd(0xe7)];
const wide = { add: simd(0xf0), sub: simd(0xf1), mul: simd(0xf2), div: simd(0xf3), root: simd(0xef), splat: simd(0x14) };
const splat = simd(0x13);

/** @param {number} value @returns {number[]} LEB128 */
function unsigned(value) {
  return value < 128 ? [value] : [(value % 128) + 128, ...unsigned(value >> 7)];
}

/** @param {number} value @returns {number[]} LEB128 with a sign */
function signed(value) {
  return value >= -64 && value < 64 ? [value & 127] : [(value & 127) + 128, ...signed(value >> 7)];
}

/** @param {number} value */
const integer = (value) => [0x41, signed(value)];
/** @param {number} value @returns {Code} a float32 in all four lanes */
const all = (value) => [0x43, ...new Uint8Array(new Float32Array([value]).buffer), 0xfd, 0x13];
/** @param {number} value @returns {Code} a float64 in both lanes */
const both = (value) => [0x44, ...new Uint8Array(new Float64Array([value]).buffer), 0xfd, 0x14];
/** @param {Code} address @param {number} [offset] */
const load = (address, offset = 0) => [address, 0xfd, 0, 2, unsigned(offset)];
/** @param {Code} address @returns {Code} its number in lane 0, and zeros */
const loadOne = (address) => [address, 0xfd, 0x5c, 2, 0];
/** @param {Code} address @param {Code} value @param {number} [offset] */
const store = (address, value, offset = 0) => [address, value, 0xfd, 0x0b, 2, unsigned(offset)];
/** @param {Code} x @returns {Code} lanes 0 and 1 in float64 */
const low = (x) => [x, 0xfd, 0x5f];
/** @param {Code} x @returns {Code} lanes 2 and 3 in float64 */
const high = (x) => low(shuffle(x, x, [2, 3, 2, 3]));
/** @param {Code} x @param {Code} y @returns {Code} both pairs of float64 in float32 */
const narrow = (x, y) => shuffle([x, 0xfd, 0x5e], [y, 0xfd, 0x5e], [0, 1, 4, 5]);
/** @param {Code} x @param {Code} y @param {number[]} lanes */
function shuffle(x, y, lanes) {
  return [x, y, 0xfd, 0x0d, lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte))];
}
/** @param {Code} x @returns {Code} the sum of both lanes */
const total = (x) => f64.add([x, 0xfd, 0x21, 0], [x, 0xfd, 0x21, 1]);

/** The body of a function. A local, a parameter as well, is the code that reads it. */
class Body {
  /** @param {number} parameters */
  constructor(parameters) {
    this.parameters = parameters;
    /** @type {number[]} */
    this.locals = [];
    /** @type {Code} */
    this.code = [];
  }

  /** Keep a value in a new local. @param {number} type @param {Code} value */
  keep(type, value) {
    const local = [0x20, ...unsigned(this.parameters + this.locals.push(type) - 1)];
    this.set(local, value);
    return local;
  }

  /** @param {Code} x */
  vector(x) {
    return this.keep(V128, x);
  }

  /** @param {Code} local @param {Code} value */
  set(local, value) {
    this.code.push(value, 0x21, local.slice(1));
  }

  /** @param {Code} local @param {Code} step */
  advance(local, step) {
    this.set(local, i32.add(local, step));
  }

  /** Repeat as long as a condition holds. @param {Code} condition @param {() => void} write */
  repeat(condition, write) {
    this.code.push(0x02, 0x40, 0x03, 0x40, condition, 0x45, 0x0d, 1);
    write();
    this.code.push(0x0c, 0, 0x0b, 0x0b);
  }

  /** Go through contiguous numbers, four at a time. @param {Code[]} pointers @param {Code} size in bytes @param {() => void} write */
  each(pointers, size, write) {
    const end = this.keep(I32, i32.add(pointers[0], size));
    this.repeat(i32.less(pointers[0], end), () => {
      write();
      for (const pointer of pointers) this.advance(pointer, integer(16));
    });
  }
}

/** @typedef {{parameters: number[], result?: number, write: (body: Body, ...parameters: Code[]) => void}} Definition */

/** @param {Code} x @param {Code} limit @returns {Code} x, kept in a local, or 0 where it is smaller; NaN stays */
const flushed = (x, limit) => andNot(x, less(absolute(x), limit));

/** @param {number[]} coefficients @param {Code} x */
function polynomial([first, ...others], x) {
  return others.reduce((value, coefficient) => add(mul(value, x), all(coefficient)), all(first));
}

// eˣ − 1 − x over x², for |x| up to ln 2 / 2 (Cephes, as in avx_mathfun.h under the zlib license; altered)
const EXPONENTIAL = [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1];
const LN2 = [0.693359375, -2.1219444e-4];
const FARTHEST = 87.2; // neither eˣ nor one over it is subnormal
const FLUSHED = 1.4e-38; // what is smaller comes from farther out, and is 0

/** Return eʳ − 1 and 2ⁿ, where x = r + n · ln 2. @param {Body} body @param {Code} x @returns {{rest: Code, power: Code}} */
function exponential(body, x) {
  const bounded = body.vector(maximum(minimum(x, all(FARTHEST)), all(-FARTHEST)));
  const n = body.vector(nearest(mul(bounded, all(Math.LOG2E))));
  const r = body.vector(sub(sub(bounded, mul(n, all(LN2[0]))), mul(n, all(LN2[1]))));
  const rest = body.vector(add(mul(mul(polynomial(EXPONENTIAL, r), r), r), r));
  const power = body.vector(shiftLeft(plus(truncate(n), everywhere(integer(127))), integer(23)));
  return { rest, power };
}

/** @param {Body} body @param {Code} x */
function exp(body, x) {
  const { rest, power } = exponential(body, x);
  return flushed(body.vector(mul(add(rest, all(1)), power)), all(FLUSHED));
}

/** @param {Body} body @param {Code} x @returns {Code} eˣ − 1, exact also near 0 */
function expm1(body, x) {
  const { rest, power } = exponential(body, x);
  return add(mul(rest, power), sub(power, all(1)));
}

/** @param {Body} body @param {Code} x */
const sigmoid = (body, x) =>
  body.vector(flushed(body.vector(div(all(1), add(all(1), exp(body, negate(x))))), all(FLUSHED)));

/** @param {Body} body @param {Code} x */
function tanh(body, x) {
  const power = body.vector(expm1(body, mul(absolute(x), all(2))));
  return or(div(power, add(power, all(2))), and(x, all(-0)));
}

// Φ(−x) · e^(x²/2) as a polynomial in 1 / (1 + NEAR · x) without a constant term, to 3e-7 of itself: our own fit
const NEAR = 0.3;
const TAIL = [
  0.036100984686, -0.1589381505965, 0.2092601564779, -0.0562700826525, 0.1298765058783, 0.0995328896613,
  0.1208119438686, 0.1196257115133, 0,
];

/** Return Φ(x) and the density at x of a normal distribution. @param {Body} body @param {Code} x @returns {{below: Code, density: Code}} */
function normal(body, x) {
  const size = absolute(x);
  const bell = body.vector(exp(body, mul(mul(x, x), all(-0.5))));
  const near = body.vector(div(all(1), add(all(1), mul(size, all(NEAR)))));
  const tail = body.vector(mul(polynomial(TAIL, near), bell));
  const below = body.vector(select(tail, sub(all(1), tail), less(x, all(0))));
  return { below, density: mul(bell, all(1 / Math.sqrt(2 * Math.PI))) };
}

/** @param {Code} x @param {Code} negative @returns {Code} what is positive, or NaN, stays */
const unlessNegative = (x, negative) => select(negative, x, less(x, all(0)));

/** @type {Record<string, (body: Body, x: Code) => Code>} */
const ACTIVATIONS = {
  sigmoid,
  tanh,
  relu: (_, x) => maximum(x, all(0)),
  leaky_relu: (_, x) => unlessNegative(x, mul(x, all(LEAK))),
  elu: (body, x) => unlessNegative(x, expm1(body, x)),
  selu: (body, x) => mul(unlessNegative(x, mul(expm1(body, x), all(SELU_ALPHA))), all(SELU_SCALE)),
  gelu: (body, x) => mul(x, normal(body, x).below),
  silu: (body, x) => mul(x, sigmoid(body, x)),
};

/** @param {Code} y @param {Code} delta @param {Code} whole @param {Code} part where the output is not positive */
const bySide = (y, delta, whole, part) => select(mul(delta, part), mul(delta, whole), atMost(y, all(0)));

/** @type {Record<string, (body: Body, delta: Code, x: Code, y: Code) => Code>} */
const SLOPES = {
  sigmoid: (_, delta, __, y) => mul(mul(delta, sub(all(1), y)), y),
  tanh: (_, delta, __, y) => mul(delta, sub(all(1), mul(y, y))),
  relu: (_, delta, __, y) => andNot(delta, atMost(y, all(0))),
  leaky_relu: (_, delta, __, y) => bySide(y, delta, all(1), all(LEAK)),
  elu: (_, delta, __, y) => bySide(y, delta, all(1), add(y, all(1))),
  selu: (_, delta, __, y) => bySide(y, delta, all(SELU_SCALE), add(y, all(SELU_SCALE * SELU_ALPHA))),
  gelu(body, delta, x) {
    const { below, density } = normal(body, x);
    return mul(delta, add(below, mul(x, density)));
  },
  silu(body, delta, x) {
    const s = sigmoid(body, x);
    return mul(delta, mul(s, add(all(1), mul(x, sub(all(1), s)))));
  },
};

/** @returns {Record<string, Definition>} */
function activations() {
  /** @type {Record<string, Definition>} */
  const made = {};
  for (const [name, of] of Object.entries(ACTIVATIONS)) {
    made[name] = {
      parameters: [I32, I32, I32],
      write: (body, out, x, size) =>
        body.each([out, x], size, () => {
          const value = of(body, body.vector(load(x)));
          body.code.push(store(out, value));
        }),
    };
  }
  for (const [name, of] of Object.entries(SLOPES)) {
    made[`${name}_slope`] = {
      parameters: [I32, I32, I32, I32],
      write: (body, delta, x, out, size) =>
        body.each([delta, x, out], size, () => {
          const [factor, input, output] = [delta, x, out].map((address) => body.vector(load(address)));
          const value = body.vector(of(body, factor, input, output));
          body.code.push(store(delta, flushed(value, all(SMALLEST))));
        }),
    };
  }
  return made;
}

/** @type {Record<string, Definition>} */
const ARITHMETIC = {
  add: {
    parameters: [I32, I32, I32, I32, F32],
    write(body, out, x, y, size, factor) {
      const scale = body.vector(splat(factor));
      body.each([out, x, y], size, () => body.code.push(store(out, add(load(x), mul(load(y), scale)))));
    },
  },
  scale: {
    parameters: [I32, I32, F32],
    write(body, x, size, factor) {
      const scale = body.vector(splat(factor));
      body.each([x], size, () => body.code.push(store(x, mul(load(x), scale))));
    },
  },
  clamp: {
    parameters: [I32, I32, F32],
    write(body, x, size, bound) {
      const most = body.vector(splat(bound));
      body.each([x], size, () => {
        body.code.push(store(x, maximum(minimum(load(x), most), negate(most))));
      });
    },
  },
  dot: {
    parameters: [I32, I32, I32],
    result: F64,
    write(body, x, y, size) {
      const sums = [body.vector(both(0)), body.vector(both(0))];
      const end = body.keep(I32, i32.add(x, size));
      body.each([x, y], i32.and(size, integer(-16)), () => {
        const [a, b] = [body.vector(load(x)), body.vector(load(y))];
        body.set(sums[0], wide.add(sums[0], wide.mul(low(a), low(b))));
        body.set(sums[1], wide.add(sums[1], wide.mul(high(a), high(b))));
      });
      body.repeat(i32.less(x, end), () => {
        body.set(sums[0], wide.add(sums[0], wide.mul(low(loadOne(x)), low(loadOne(y)))));
        for (const pointer of [x, y]) body.advance(pointer, integer(4));
      });
      body.code.push(total(wide.add(sums[0], sums[1])));
    },
  },
};

/** @type {Record<string, Definition>} */
const OPTIMIZERS = {
  sgd: {
    parameters: [I32, I32, I32, I32, F32, F32],
    write(body, weights, gradients, moment, size, rate, momentum) {
      const [step, share] = [body.vector(splat(rate)), body.vector(splat(momentum))];
      const limit = body.vector(div(all(SMALLEST), step)); // what moves no weight is not kept, lest it become subnormal
      body.each([weights, gradients, moment], size, () => {
        const sum = body.vector(add(mul(load(moment), share), load(gradients)));
        body.set(sum, flushed(sum, limit));
        const update = body.vector(mul(sum, step));
        body.code.push(store(moment, sum), store(gradients, update));
        body.code.push(store(weights, sub(load(weights), update)));
      });
    },
  },
  adam: {
    parameters: [I32, I32, I32, I32, I32, F32, F32],
    write(body, weights, gradients, first, second, size, rate, epsilon) {
      const [step, avoidsZero] = [body.vector(splat(rate)), body.vector(splat(epsilon))];
      body.each([weights, gradients, first, second], size, () => {
        const [g, before] = [body.vector(load(gradients)), body.vector(load(first))];
        const m = body.vector(add(before, mul(sub(g, before), all(1 - BETA1))));
        const squares = add(mul(load(second), all(BETA2)), mul(mul(g, g), all(1 - BETA2)));
        const v = body.vector(squares);
        body.code.push(store(first, flushed(m, all(SMALLEST))), store(second, flushed(v, all(SMALLEST))));
        const update = body.vector(div(mul(m, step), add(root(v), avoidsZero)));
        body.code.push(store(gradients, update), store(weights, sub(load(weights), update)));
      });
    },
  },
};

/** What a tile of a product is made of: eight, four or one column. */
const LANES = [
  { type: V128, vectors: 2, bytes: 16, load, store, add, mul, spread: (/** @type {Code} */ x) => [x, 0xfd, 9, 2, 0] },
  { type: V128, vectors: 1, bytes: 16, load, store, add, mul, spread: (/** @type {Code} */ x) => [x, 0xfd, 9, 2, 0] },
  {
    type: F32, vectors: 1, bytes: 4, add: instruction(0x92), mul: instruction(0x94),
    load: (/** @type {Code} */ x) => [x, 0x2a, 2, 0],
    store: (/** @type {Code} */ x, /** @type {Code} */ value) => [x, value, 0x38, 2, 0],
    spread: (/** @type {Code} */ x) => [x, 0x2a, 2, 0],
  },
];
const ROWS = 4; // of a tile

/** @type {Definition} */
const PRODUCT = {
  parameters: Array(11).fill(I32),
  write(body, out, a, aRow, aColumn, b, bRow, start, startRow, rows, columns, depth) {
    const outRow = body.keep(I32, i32.mul(columns, integer(4)));
    const end = body.keep(I32, i32.add(out, outRow));
    for (const lanes of LANES) {
      const step = integer(lanes.vectors * lanes.bytes);
      body.repeat(i32.less(i32.sub(i32.add(out, step), integer(1)), end), () => {
        const [o, s, x] = [out, start, a].map((pointer) => body.keep(I32, pointer));
        const left = body.keep(I32, rows);
        for (const height of [ROWS, 1]) {
          body.repeat(i32.less(integer(height - 1), left), () => {
            tile(body, lanes, height, { o, s, x, b, outRow, aRow, aColumn, bRow, startRow, depth });
            body.advance(o, i32.mul(outRow, integer(height)));
            body.advance(s, i32.mul(startRow, integer(height)));
            body.advance(x, i32.mul(aRow, integer(height)));
            body.set(left, i32.sub(left, integer(height)));
          });
        }
        for (const pointer of [out, start, b]) body.advance(pointer, step);
      });
    }
  },
};

/**
 * Compute some rows and columns of a product whose sums are held in registers.
 *
 * @param {Body} body @param {typeof LANES[number]} lanes @param {number} height @param {Record<string, Code>} at
 */
function tile(body, lanes, height, { o, s, x, b, outRow, aRow, aColumn, bRow, startRow, depth }) {
  const places = Array.from({ length: lanes.vectors }, (_, vector) => vector * lanes.bytes);
  const heights = Array.from({ length: height }, (_, row) => row);
  /** @param {Code} pointer @param {Code} stride @returns {Code[]} */
  const pointers = (pointer, stride) => {
    const made = [body.keep(I32, pointer)];
    for (const row of heights.slice(1)) made.push(body.keep(I32, i32.add(made[row - 1], stride)));
    return made;
  };
  const sums = pointers(s, startRow).map((row) => places.map((place) => body.keep(lanes.type, lanes.load(row, place))));
  const factors = pointers(x, aRow);
  const [from, left] = [body.keep(I32, b), body.keep(I32, depth)];
  body.repeat(left, () => {
    const columns = places.map((place) => body.keep(lanes.type, lanes.load(from, place)));
    for (const row of heights) {
      const factor = body.keep(lanes.type, lanes.spread(factors[row]));
      sums[row].forEach((sum, vector) => body.set(sum, lanes.add(sum, lanes.mul(factor, columns[vector]))));
      body.advance(factors[row], aColumn);
    }
    body.advance(from, bRow);
    body.set(left, i32.sub(left, integer(1)));
  });
  pointers(o, outRow).forEach((row, number) => {
    sums[number].forEach((sum, vector) => body.code.push(lanes.store(row, sum, places[vector])));
  });
}

/**
 * Go through four columns at a time, and in them through the rows.
 *
 * @param {Body} body @param {Code[]} pointers the first ones go down the rows, the last one does not
 * @param {Code} rows @param {Code} columns @param {(down: (write: (at: Code[]) => void) => void) => void} write
 */
function byColumns(body, pointers, rows, columns, write) {
  const row = body.keep(I32, i32.mul(columns, integer(4)));
  const end = body.keep(I32, i32.add(pointers[0], row));
  const size = body.keep(I32, i32.mul(row, rows));
  body.repeat(i32.less(pointers[0], end), () => {
    write((each) => {
      const at = pointers.slice(0, -1).map((pointer) => body.keep(I32, pointer));
      const last = body.keep(I32, i32.add(at[0], size));
      body.repeat(i32.less(at[0], last), () => {
        each(at);
        for (const pointer of at) body.advance(pointer, row);
      });
    });
    for (const pointer of pointers) body.advance(pointer, integer(16));
  });
}

/** Add up float64 pairs. @param {Body} body @param {(add: (x: Code, y: Code) => void) => void} write @returns {[Code, Code]} */
function summed(body, write) {
  /** @type {[Code, Code]} */
  const sums = [body.vector(both(0)), body.vector(both(0))];
  write((x, y) => {
    body.set(sums[0], wide.add(sums[0], x));
    body.set(sums[1], wide.add(sums[1], y));
  });
  return sums;
}

/** @type {Record<string, Definition>} */
const BATCH = {
  batch: {
    parameters: [I32, I32, I32, I32, I32],
    write(body, out, x, statistics, rows, columns) {
      const count = body.vector(wide.splat(f64.of(rows)));
      const row = body.keep(I32, i32.mul(columns, integer(4)));
      byColumns(body, [x, out, statistics], rows, columns, (down) => {
        const sums = summed(body, (sum) => down(([from]) => sum(low(load(from)), high(load(from)))));
        const means = sums.map((sum) => body.vector(wide.div(sum, count)));
        const squares = summed(body, (sum) => down(([from]) => {
          const parts = [low, high].map((half, i) => body.vector(wide.sub(half(load(from)), means[i])));
          sum(wide.mul(parts[0], parts[0]), wide.mul(parts[1], parts[1]));
        }));
        const variances = squares.map((sum) => body.vector(wide.div(sum, count)));
        const factors = variances.map((variance) => wide.div(both(1), wide.root(wide.add(variance, both(EPSILON)))));
        const factor = body.vector(narrow(factors[0], factors[1]));
        const mean = body.vector(narrow(means[0], means[1]));
        const offset = body.vector(negate(mul(factor, mean)));
        down(([from, to]) => body.code.push(store(to, add(mul(load(from), factor), offset))));
        const place = body.keep(I32, statistics);
        for (const value of [factor, mean, narrow(variances[0], variances[1])]) {
          body.code.push(store(place, value));
          body.advance(place, row);
        }
      });
    },
  },
  batch_back: {
    parameters: [I32, I32, I32, I32, I32],
    write(body, out, x, statistics, rows, columns) {
      const count = body.vector(wide.splat(f64.of(rows)));
      byColumns(body, [x, out, statistics], rows, columns, (down) => {
        const sums = summed(body, (sum) => down(([, to]) => sum(low(load(to)), high(load(to)))));
        const dots = summed(body, (sum) => down(([from, to]) => {
          const [a, b] = [body.vector(load(from)), body.vector(load(to))];
          sum(wide.mul(low(a), low(b)), wide.mul(high(a), high(b)));
        }));
        const [mean, share] = [sums, dots].map(([one, other]) =>
          body.vector(narrow(wide.div(one, count), wide.div(other, count))));
        const factor = body.vector(load(statistics));
        down(([from, to]) => {
          const rest = sub(sub(load(to), mean), mul(load(from), share));
          body.code.push(store(to, mul(rest, factor)));
        });
      });
    },
  },
};

/** @param {Code} code @param {number[]} [bytes] to which they are added */
function flat(code, bytes = []) {
  for (const part of code) {
    if (typeof part === "number") bytes.push(part);
    else flat(part, bytes);
  }
  return bytes;
}
/** @param {Code[]} items @returns {Code} behind their number */
const vector = (items) => [unsigned(items.length), items];
/** @param {Code} code @returns {Code} behind its length */
function sized(code) {
  const bytes = flat(code);
  return [unsigned(bytes.length), bytes];
}
/** @param {string} text */
const name = (text) => sized([...text].map((letter) => letter.charCodeAt(0)));

/** @param {Definition} definition */
function compiled({ parameters, write }) {
  const body = new Body(parameters.length);
  write(body, ...parameters.map((_, i) => [0x20, i]));
  const locals = body.locals.map((type) => [1, type]);
  return sized([vector(locals), body.code, 0x0b]);
}

/** Write a module that exports these functions and works in an imported memory. @param {Record<string, Definition>} definitions @returns {Uint8Array<ArrayBuffer>} */
function written(definitions) {
  const functions = Object.values(definitions);
  const types = functions.map(({ parameters, result }) => [
    0x60, vector(parameters.map((type) => [type])), vector(result ? [[result]] : []),
  ]);
  const sections = [
    [1, vector(types)],
    [2, vector([[name("lab"), name("memory"), 2, 0, 0]])],
    [3, vector(functions.map((_, i) => [unsigned(i)]))],
    [7, vector(Object.keys(definitions).map((key, i) => [name(key), 0, unsigned(i)]))],
    [10, vector(functions.map(compiled))],
  ];
  const bytes = sections.map(([number, content]) => [number, sized([content])]);
  return new Uint8Array(flat([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, bytes]));
}

/** @type {Uint8Array<ArrayBuffer> | undefined} */
let bytesOfAll;

/** Return the bytes of all kernels. @returns {Uint8Array<ArrayBuffer>} */
export function emitted() {
  bytesOfAll ??= written({ product: PRODUCT, ...ARITHMETIC, ...OPTIMIZERS, ...activations(), ...BATCH });
  return bytesOfAll;
}

/** @type {WebAssembly.Module | undefined} */
let compiledModule;

/** Give a memory and the kernels that work in it. @param {number} bytes @returns {Machine} */
export function emittedMachine(bytes) {
  compiledModule ??= new WebAssembly.Module(emitted());
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  const instance = new WebAssembly.Instance(compiledModule, { lab: { memory } });
  const made = /** @type {any} */ (instance.exports);
  const plain = plainKernels(memory);
  /** @param {string} ending */
  const named = (ending) =>
    Object.fromEntries(Object.keys(ACTIVATIONS).map((key) => [key, made[key + ending]]));
  /** @type {Kernels} */
  const kernels = {
    ...made,
    activate: named(""),
    slope: named("_slope"),
    normalize: { ...plain.normalize, batch: byFours(made.batch, plain.normalize.batch) },
    normalizeBack: { ...plain.normalizeBack, batch: byFours(made.batch_back, plain.normalizeBack.batch) },
  };
  return { memory, kernels };
}

/** @param {import("./typedefs.js").Normalize} fast @param {import("./typedefs.js").Normalize} any @returns {import("./typedefs.js").Normalize} */
function byFours(fast, any) {
  return (out, x, statistics, rows, columns) => (columns % 4 ? any : fast)(out, x, statistics, rows, columns);
}
