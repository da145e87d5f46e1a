// Answers what tests ask of the laboratory's modules: one line of JSON for each line of JSON.
import { createInterface } from "node:readline";
import { Random } from "../vanishing/static/lab/random.js";

const base64 = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");

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
