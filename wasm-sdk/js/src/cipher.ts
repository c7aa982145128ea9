/**
 * AES-256-GCM of WebCrypto, for contents of 16 KB and more: the module makes the key of one version, and gives it for this one
 * message. Where there is no WebCrypto, or it refuses, these reject, and the module does it itself, with the same bytes.
 */

type Bytes = Uint8Array<ArrayBuffer>;

/** What is encrypted, or decrypted with its tag. Views of the module's memory, which may move once a call returns. */
type Message = readonly [key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, message: Uint8Array];

async function by(use: "encrypt" | "decrypt", message: Message): Promise<Bytes> {
  const [key, iv, additionalData, data] = message.map((view) => view.slice()) as unknown as [Bytes, Bytes, Bytes, Bytes];
  try {
    const { subtle } = crypto;
    const known = await subtle.importKey("raw", key, "AES-GCM", false, [use]);
    return new Uint8Array(await subtle[use]({ name: "AES-GCM", iv, additionalData }, known, data));
  } finally {
    key.fill(0);
    data.fill(0);
  }
}

/** Encrypts; the tag is behind the ciphertext. */
export const sealContent = (...message: Message): Promise<Bytes> => by("encrypt", message);

/** Decrypts, and checks the tag. */
export const openContent = (...message: Message): Promise<Bytes> => by("decrypt", message);
