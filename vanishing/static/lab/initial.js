/**
 * The initial weights of a layer, as vanishing/networks.py draws them.
 *
 * @module
 */

/** @typedef {import("./random.js").Random} Random */
/**
 * @typedef {object} Layer
 * @property {Float32Array} weights outputs × inputs
 * @property {Float32Array} biases
 * @property {number} inputs
 * @property {number} outputs
 */

/** @type {Record<import("./typedefs.js").Init, (layer: Layer, random: Random) => void>} */
export const INITIAL = {
  default({ weights, biases, inputs }, random) {
    const bound = 1 / Math.sqrt(inputs);
    random.uniform(weights, -bound, bound);
    random.uniform(biases, -bound, bound);
  },
  xavier({ weights, inputs, outputs }, random) {
    const bound = Math.sqrt(3) * Math.sqrt(2 / (inputs + outputs));
    random.uniform(weights, -bound, bound);
  },
  he({ weights, inputs }, random) {
    random.normal(weights, Math.SQRT2 / Math.sqrt(inputs));
  },
  orthogonal({ weights, inputs, outputs }, random) {
    random.normal(weights, 1);
    const tall = outputs >= inputs;
    const [count, length] = tall ? [inputs, outputs] : [outputs, inputs];
    const [next, along] = tall ? [1, inputs] : [inputs, 1];
    const vectors = Array.from({ length: count }, (_, i) =>
      Float64Array.from({ length }, (_, k) => weights[i * next + k * along]),
    );
    orthonormalize(vectors);
    vectors.forEach((vector, i) => vector.forEach((value, k) => (weights[i * next + k * along] = value)));
  },
};

/** Make vectors orthonormal, each out of those before it: the Q of a QR decomposition whose R has a positive diagonal. @param {Float64Array[]} vectors */
function orthonormalize(vectors) {
  vectors.forEach((vector, i) => {
    for (const before of [...vectors.slice(0, i), ...vectors.slice(0, i)]) { // twice is enough (Giraud et al. 2005)
      const share = dot(vector, before);
      for (let k = 0; k < vector.length; k++) vector[k] -= share * before[k];
    }
    const norm = Math.sqrt(dot(vector, vector));
    for (let k = 0; k < vector.length; k++) vector[k] /= norm;
  });
}

/** @param {Float64Array} x @param {Float64Array} y */
function dot(x, y) {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += x[k] * y[k];
  return sum;
}
