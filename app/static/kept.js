// What this browser keeps of running tests: answers on their way, and the paper for when it is offline.
const NAME = "peerprep";
const STORES = ["progress", "paper"];
let opening;

const open = () => opening ??= new Promise((done, fail) => {
  const asked = indexedDB.open(NAME, 1);
  asked.onupgradeneeded = () => STORES.forEach((store) => asked.result.createObjectStore(store));
  asked.onerror = asked.onblocked = () => fail(asked.error);
  asked.onsuccess = () => {
    asked.result.onversionchange = () => asked.result.close();
    done(asked.result);
  };
});
const ask = async (store, mode, act) => {
  const transaction = (await open()).transaction(store, mode, { durability: "strict" });
  return new Promise((done, fail) => {
    transaction.onerror = transaction.onabort = () => fail(transaction.error);
    const asked = act(transaction.objectStore(store));
    transaction.oncomplete = () => done(asked.result);
  });
};

export const keep = (store, handle, value) => ask(store, "readwrite", (kept) => kept.put(value, handle));
export const recall = (store, handle) => ask(store, "readonly", (kept) => kept.get(handle));
export const handles = () => ask("progress", "readonly", (kept) => kept.getAllKeys()).catch(() => []);
export const cacheName = (handle) => `exam-${handle}`;
export const forget = (handle) => Promise.allSettled([
  ...STORES.map((store) => ask(store, "readwrite", (kept) => kept.delete(handle))),
  globalThis.caches?.delete(cacheName(handle)),
]);
export const forgetAll = () => indexedDB.deleteDatabase(NAME);
