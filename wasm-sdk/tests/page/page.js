/** What the tests find in the page. */

import * as sdk from "/sdk/dist/index.js";

/** The longest time for which the page did nothing else, since the last question. */
let longest = 0;
let last = performance.now();
const channel = new MessageChannel();
channel.port1.onmessage = () => {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
  setTimeout(() => channel.port2.postMessage(0), 4);
};
channel.port2.postMessage(0);

globalThis.sdk = {
  ...sdk,
  /** The longest block of the page since this was asked last, in milliseconds, but for the pause of the loop that looks. */
  longestBlock: () => {
    const found = Math.max(0, longest - 4);
    longest = 0;
    return found;
  },
  /** What an attempt fails with. */
  failure: async (promise) => {
    try {
      await promise;
    } catch (error) {
      const { name, code, kind, message, next } = error;
      return { name, code, kind, message, next };
    }
    return undefined;
  },
  all: async (iterable) => {
    const items = [];
    for await (const item of iterable) items.push(item);
    return items;
  },
};
document.documentElement.dataset.ready = "yes";
