// Answers what tests ask of the laboratory's modules: one line of JSON for each line of JSON.
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { standardised } from "../vanishing/static/lab/data.js";
import * as elementary from "../vanishing/static/lab/elementary.js";
import { emitted } from "../vanishing/static/lab/emit.js";
import { machine } from "../vanishing/static/lab/machine.js";
import { count, norms, shares, similarity } from "../vanishing/static/lab/measures.js";
import { differences, namesOf } from "../vanishing/static/lab/names.js";
import { Network } from "../vanishing/static/lab/network.js";
import { Random } from "../vanishing/static/lab/random.js";
import { sentenceOf, stateOf } from "../vanishing/static/lab/sentences.js";
import { Service } from "../vanishing/static/lab/service.js";
import * as address from "../vanishing/static/lab/state.js";
import * as takeaway from "../vanishing/static/lab/takeaway.js";
import * as text from "../vanishing/static/lab/text.js";
import { Trainer } from "../vanishing/static/lab/trainer.js";
import { Training } from "../vanishing/static/lab/training.js";
import { BOUNDS, CHOICES, DEFAULTS } from "../vanishing/static/lab/types.js";

const bytes = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
const base64 = (array) => bytes(array).toString("base64");
const floats = (text) => new Float32Array(new Uint8Array(Buffer.from(text, "base64")).buffer);
const floats64 = (text) => Array.from(new Float64Array(new Uint8Array(Buffer.from(text, "base64")).buffer));
let digits, scans;

/** JSON has no NaN and no infinity. */
const plain = (value) => {
  if (ArrayBuffer.isView(value)) return Array.from(value, plain);
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
  }
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
};

const weights = ({ layers, ...network }) =>
  layers.flatMap(({ inputs, outputs, weights, biases }) =>
    [[weights, inputs * outputs], [biases, outputs]].map(([at, size]) =>
      network.numbers.subarray(at >> 2, (at >> 2) + size)));

const calls = {
  /** Draw one list after the other from one seed. */
  draws({ seed, draws }) {
    const random = new Random(seed);
    return draws.map(([kind, size, ...bounds]) => {
      if (kind === "permutation") return base64(random.permutation(size));
      const values = new Float32Array(size);
      random[kind](values, ...bounds);
      return base64(values);
    });
  },

  /** Take the digits for all that follows; return them as they are trained with. */
  digits(given) {
    scans = given.scans;
    digits = standardised(scans);
    return Object.values(digits).map(({ inputs, targets }) => [base64(inputs), Array.from(targets)]);
  },

  /** Train; return the start's digest, every frame, and the profiles at some steps. */
  train({ experiment, updates, kernels = "emitted", bit = false, profiles = [], asWeights = false }) {
    const training = new Training(experiment, digits, machine(kernels), bit);
    const digest = createHash("sha256");
    for (const part of weights(training.network)) digest.update(bytes(part));
    const [frames, wholes] = [[], []];
    while (true) {
      if (profiles.includes(training.step)) wholes.push({ ...training.profile(), accuracy: null });
      frames.push(plain(training.frame()));
      if (training.step === updates) break;
      training.update(true);
    }
    const end = asWeights ? weights(training.network).map(base64) : null;
    return { sha256: digest.digest("hex"), frames, profiles: plain(wholes), weights: end };
  },

  /** Return the seconds of the processor that so many updates take, with the norms of each layer's gradient. */
  time({ experiment, warming, timed }) {
    const training = new Training(experiment, digits, machine("emitted"));
    training.look();
    let begin = process.cpuUsage();
    for (let step = 1; step <= warming + timed; step++) {
      training.update(false);
      training.look();
      norms(training.network, training.network.gradients);
      if (step === warming) begin = process.cpuUsage();
    }
    const { user, system } = process.cpuUsage(begin);
    return (user + system) / 1e6;
  },

  /** Run one kernel on a copy of the same memory by both ways; return both memories. */
  kernel({ memory, path, given }) {
    const numbers = floats(memory);
    return ["emitted", "plain"].map((kind) => {
      const made = machine(kind)(numbers.length * 4);
      const own = new Float32Array(made.memory.buffer, 0, numbers.length);
      own.set(numbers);
      const result = path.reduce((from, name) => from[name], made.kernels)(...given);
      return [base64(own), result ?? null];
    });
  },

  /** Return how many bytes a network takes whose test part has so many images. */
  memory: ({ experiment, tests }) => new Network(experiment, experiment.batch_size, tests, machine("emitted")).numbers.byteLength,

  count({ numbers, range, bins }) {
    const counted = new Uint32Array(bins);
    count(floats(numbers), range, counted);
    return Array.from(counted);
  },

  shares: ({ counts }) => Array.from(shares(Uint32Array.from(counts))),

  similarity: ({ numbers, rows, width }) => similarity(floats(numbers), rows, width, new Float64Array(width)),

  elementary: ({ name, values }) => plain(values.map((value) => elementary[name](Number(value)))),

  types: () => ({ bounds: BOUNDS, choices: CHOICES, defaults: DEFAULTS }),

  bytes: () => Array.from(emitted()),

  /** Read addresses; write what was read. */
  addresses: ({ hashes }) =>
    hashes.map((hash) => {
      const { state, problems } = address.read(hash);
      return { state, problems, written: address.write(state) };
    }),

  /** Say which addresses ask for the same experiment as the first one. */
  same: ({ hashes }) => {
    const [first, ...others] = hashes.map((hash) => address.read(hash).state);
    return others.map((other) => address.isSame(first, other));
  },

  /** Name the networks of an address, in full and in short, and say what sets them apart. */
  names({ hash, words }) {
    const { networks } = address.read(hash).state;
    return { ...namesOf(networks, words), apart: networks.map((one) => differences(one, networks, words)) };
  },

  labels: ({ networks }) => networks.map(text.label),

  formatted: ({ numbers }) => floats64(numbers).map(text.formatNumber),

  filled: ({ sentence, values, direction }) => text.fill(sentence, values, direction),

  python: ({ hash }) => takeaway.python(address.read(hash).state.networks),

  /** Judge a network by its frames and say it; the norms come as lists. */
  said({ frames, steps, show = "gradient_norms" }) {
    const seen = frames.map((frame, step) => ({ step, ...frame, gradient_norms: Float64Array.from(frame.norms) }));
    return [stateOf(seen, steps), sentenceOf(seen, steps, show)];
  },

  /** Let a trainer start networks while a worker's answers come; return its frames' losses, and what is answered. */
  async trainer({ script }) {
    let hear;
    const worker = { addEventListener: (kind, listen) => { if (kind === "message") hear = listen; }, postMessage() {} };
    const trainer = new Trainer(() => worker);
    const answered = [];
    for (const [place, one] of script.entries()) {
      if (one === "start") trainer.start({}).then(() => answered.push(place));
      else if (one.type) hear({ data: one });
      else trainer.reach(one).then(() => answered.push(place));
      await new Promise((resolve) => setTimeout(resolve));
    }
    return { losses: trainer.frames.map(({ loss }) => loss), answered };
  },

  /** Give orders to a service, each once so many answers have come; return the answers. */
  async orders({ orders }) {
    const answers = [];
    const waiting = [...orders];
    const service = new Service((answer, moved) => {
      answers.push({ ...plain(answer), moved: moved.length });
      while (waiting.length && answers.length >= waiting[0][0]) taken.push(service.take(waiting.shift()[1]));
    }, async () => scans);
    const taken = [];
    while (waiting.length && waiting[0][0] === 0) taken.push(service.take(waiting.shift()[1]));
    for (let i = 0; i < taken.length; i++) await taken[i];
    return answers;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...given } = JSON.parse(line);
  let answer;
  try {
    answer = { value: await calls[call](given) };
  } catch (error) {
    answer = { error: String(error.stack) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
process.exit(); // the service's channel would keep node waiting
