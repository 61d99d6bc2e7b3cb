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

/** A browser that calls nobody. @throws where there is no Chromium */
export async function launchChromium() {
  const executablePath = chromiumPath();
  if (executablePath === undefined)
    throw new Error('expected Chromium in CHROMIUM or /usr/bin, got none: apt-get install chromium');
  const { chromium } = await import('playwright-core');
  const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking'];
  const args = ['--no-sandbox', '--disable-gpu', ...quiet, '--disable-component-update', '--disable-sync'];
  return chromium.launch({ executablePath, headless: true, args });
}
