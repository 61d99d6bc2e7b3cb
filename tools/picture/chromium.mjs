import { existsSync } from 'node:fs';

/** Where Chromium is, or undefined where there is none. */
export function chromiumPath() {
  const places = [
    process.env.CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  return places.find((place) => place !== undefined && place !== '' && existsSync(place));
}
