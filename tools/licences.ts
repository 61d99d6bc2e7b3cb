/** The licence texts of the packages that a bundle is made of. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly author?: string | { readonly name: string; readonly email?: string };
}

const TEXT_FILE = /^(?:licen[cs]e|copying|notice|copyrightnotice)\b/i;
const FOLDER = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+(?=[\\/])/;

/** The folders of the packages that these files belong to; a nested package is its own. */
export function packageFolders(files: Iterable<string>): string[] {
  const folders = [...files].map((file) => FOLDER.exec(file)?.[0]);
  return [...new Set(folders)].filter((folder) => folder !== undefined);
}

/** One section for each package, by name and version: a line of equals signs, name, version and licence, the texts. */
export function licenceTexts(folders: readonly string[]): string {
  return folders
    .map((folder) => ({ folder, about: read(join(folder, 'package.json')) }))
    .map(({ folder, about }) => ({
      title: `${about.name} ${about.version}`,
      text: textOf(folder, about),
      about,
    }))
    .sort((one, other) => (one.title < other.title ? -1 : 1))
    .map(({ title, text, about }) => `${'='.repeat(80)}\n${title} (${about.license})\n\n${text}\n`)
    .join('\n');
}

function textOf(folder: string, about: Package): string {
  const names = readdirSync(folder).filter((name) => TEXT_FILE.test(name));
  if (names.length === 0) return templateOf(about);
  const texts = names.sort().map((name) => readFileSync(join(folder, name), 'utf8'));
  return texts.map((text) => text.replaceAll('\r\n', '\n').trim()).join('\n\n');
}

/** For a package that ships no text: that of its licence, with the author that its package.json names. */
function templateOf({ name, license, author }: Package): string {
  const template = new URL(`licences/${license}.txt`, import.meta.url);
  const holder = typeof author === 'object' ? [author.name, author.email].filter(Boolean).join(' ') : author;
  if (license === undefined || holder === undefined || !existsSync(template))
    throw new Error(
      `${name} ships no licence text: expected a licence and an author in its package.json, and tools/licences/${license}.txt, got ${license} by ${holder}.`,
    );
  return readFileSync(template, 'utf8').replace('<copyright holders>', holder).trim();
}

function read(file: string): Package {
  return JSON.parse(readFileSync(file, 'utf8')) as Package;
}
