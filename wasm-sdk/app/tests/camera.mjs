/** A film of a QR code, as Chromium's camera of tests plays one. */

import { writeFile } from "node:fs/promises";
import encodeQR from "qr";

const [WIDTH, HEIGHT] = [640, 480];

/** Writes a film (`.y4m`) that shows a text as a QR code in the middle of a grey picture; without a text, the picture alone. */
export async function film(path, text) {
  const luma = Buffer.alloc(WIDTH * HEIGHT, 128);
  if (text !== undefined) {
    const rows = encodeQR(text, "raw", { ecc: "medium", border: 2 });
    const scale = Math.floor(HEIGHT / rows.length);
    const [left, top] = [WIDTH, HEIGHT].map((length) => Math.floor((length - rows.length * scale) / 2));
    for (let y = 0; y < rows.length * scale; y += 1) {
      for (let x = 0; x < rows.length * scale; x += 1) {
        luma[(top + y) * WIDTH + left + x] = rows[Math.floor(y / scale)][Math.floor(x / scale)] ? 16 : 235;
      }
    }
  }
  const frame = Buffer.concat([Buffer.from("FRAME\n"), luma, Buffer.alloc(WIDTH * HEIGHT / 2, 128)]);
  await writeFile(path, Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F5:1 Ip A1:1 C420jpeg\n`), ...Array.from({ length: 5 }, () => frame)]));
}
