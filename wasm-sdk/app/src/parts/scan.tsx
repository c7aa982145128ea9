/** Looks for a QR code with the camera: by the browser's own detector, or by one of ours where it has none. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icon.tsx";

/** The part of `BarcodeDetector` that is used. */
interface Detector {
  detect(image: ImageBitmapSource): Promise<readonly { readonly rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: ["qr_code"] }): Detector;
  getSupportedFormats(): Promise<readonly string[]>;
}

/** How often a picture is looked at, in milliseconds. */
const EVERY = 200;

async function detector(): Promise<Detector> {
  const own = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  // A browser may have the class, and no code that it can read.
  const reads = await own?.getSupportedFormats().catch(() => []) ?? [];
  if (own !== undefined && reads.includes("qr_code")) return new own({ formats: ["qr_code"] });
  const { BarcodeDetector } = await import("qr/decode.js");
  return new BarcodeDetector({ formats: ["qr_code"] });
}

/** Why there is no picture, in words. */
function why(error: unknown): string {
  switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError": return "This page may not use the camera. Allow it in the settings of your browser for this page";
    case "NotFoundError": return "This device has no camera";
    case "NotReadableError": return "Another program uses the camera. Close it, then try again";
    default: return "The camera could not be opened";
  }
}

/** The camera, until a code is found that begins as it must. */
export function Scan({ begins, onFound, otherwise }: {
  /** What the right code begins with. */
  begins: string;
  onFound: (text: string) => void;
  /** What to do where there is no camera. */
  otherwise: string;
}): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<"opening" | "looking">("opening");
  const [fault, setFault] = useState<string | undefined>();
  const [other, setOther] = useState(false);
  useEffect(() => {
    let ended = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stream: MediaStream | undefined;
    const stop = (): void => {
      ended = true;
      clearTimeout(timer);
      stream?.getTracks().forEach((track) => track.stop());
    };
    const look = async (by: Detector, picture: HTMLVideoElement): Promise<void> => {
      const found = picture.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ? await by.detect(picture).catch(() => []) : [];
      if (ended) return;
      const right = found.find(({ rawValue }) => rawValue.startsWith(begins));
      if (right !== undefined) {
        stop();
        onFound(right.rawValue);
        return;
      }
      setOther(found.length > 0);
      timer = setTimeout(() => void look(by, picture), EVERY);
    };
    const start = async (): Promise<void> => {
      // Absent where the page does not come over https.
      if (navigator.mediaDevices === undefined) throw new DOMException("", "NotAllowedError");
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false });
      const by = await detector();
      const picture = video.current;
      if (ended || picture === null) return stop();
      picture.srcObject = stream;
      await picture.play();
      setState("looking");
      await look(by, picture);
    };
    start().catch((error: unknown) => {
      stop();
      setFault(why(error));
    });
    return stop;
  }, []);
  if (fault !== undefined) return <div class="notice warn" role="alert"><Icon name="warning" /><span>{fault}. {otherwise}</span></div>;
  return (
    <div class="stack tight">
      <video ref={video} class="camera" muted playsInline aria-label="What the camera sees" />
      <p class="row muted small" role="status" style={{ flexWrap: "nowrap" }}>
        <span class="waiting" aria-hidden="true" />
        {state === "opening" ? "Opening the camera…" : other ? "This is a QR code of something else. Hold the one of the new device before the camera." : "Hold the QR code of the new device before the camera."}
      </p>
    </div>
  );
}
