/** The pictures of the application: strokes on a grid of 24. */

import type { JSX } from "preact";

const PATHS = {
  data: "M4 19V5m0 14h16M8 15l3.5-4.5 3 2.5L20 7",
  shared: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6.5 9c.4-3.6 3-5.5 6.500-5.500s6.100 1.900 6.500 5.500M17 4.500a3.500 3.500 0 0 1 0 6.300M18.500 15c1.800.8 2.800 2.500 3 5",
  key: "M14.500 13.500a5 5 0 1 0-4-4L3 17v4h4v-3h3v-3l1.500-1.500M16.500 7.500h.01",
  activity: "M3 12h4l3-8 4 16 3-8h4",
  devices: "M4 5h13v9M2 18h10M15 10h6v10h-6zM4 5v10h8",
  tag: "M3 12V4h8l10 10-8 8zM7.500 8.500h.01",
  settings: "M12 15.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM12 2v3m0 14v3M4.900 4.900 7 7m10 10 2.100 2.100M2 12h3m14 0h3M4.900 19.100 7 17M17 7l2.100-2.100",
  plus: "M12 5v14M5 12h14",
  upload: "M12 16V4m0 0L7 9m5-5 5 5M4 16v4h16v-4",
  download: "M12 4v12m0 0-5-5m5 5 5-5M4 16v4h16v-4",
  share: "M12 15V3m0 0L8 7m4-4 4 4M7 11H5v10h14V11h-2",
  eye: "M2 12s3.500-7 10-7 10 7 10 7-3.500 7-10 7-10-7-10-7Zm10 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  server: "M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01",
  lock: "M6 11h12v10H6zM8.500 11V7.500a3.500 3.500 0 0 1 7 0V11",
  check: "m5 12.500 4.500 4.500L19 7.500",
  close: "m6 6 12 12M18 6 6 18",
  warning: "M12 3 2 20.500h20zM12 10v4.500m0 3h.01",
  offline: "m3 3 18 18M8.500 16.500a5 5 0 0 1 7 0M5 13a10 10 0 0 1 4.500-2.500M2 9.500a15 15 0 0 1 4-2.600m5-1.400c4-.1 7.800 1.300 11 4M15 10.800c1.500.5 2.800 1.200 4 2.200M12 20h.01",
  back: "M15 5l-7 7 7 7",
  forward: "m9 5 7 7-7 7",
  copy: "M9 9h12v12H9zM5 15H3V3h12v2",
  edit: "M4 20h4L20 8l-4-4L4 16zM13.500 6.500l4 4",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14M10 11v6m4-6v6",
  search: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13Zm5-1.500L21 21",
  link: "M10 14a4 4 0 0 0 6 .400l3-3a4 4 0 0 0-5.600-5.600L12 7m2 3a4 4 0 0 0-6-.400l-3 3a4 4 0 0 0 5.600 5.600L12 17",
  print: "M7 9V3h10v6M7 17H3V9h18v8h-4M7 14h10v7H7z",
  history: "M4 12a8 8 0 1 1 2.500 5.800M4 12V7m0 5h5m3-5v5.500l3.500 2",
  camera: "M4 8h3.500L9 5.500h6L16.500 8H20v11H4zM12 16.500a3.200 3.200 0 1 0 0-6.400 3.200 3.200 0 0 0 0 6.400Z",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-14v5.500l3.500 2",
} as const;

export type IconName = keyof typeof PATHS;

/** A picture beside words: it says nothing by itself. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
