/** The extension's package: its files, and the three that describe them to the Marketplace, as tfx-cli writes them. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { zip } from './zip.ts';

export interface Contribution {
  readonly id: string;
  readonly type: string;
  readonly targets: readonly string[];
  readonly properties: { readonly name: string };
}

export interface Manifest {
  readonly manifestVersion: number;
  readonly id: string;
  readonly publisher: string;
  readonly version: string;
  readonly name: string;
  readonly description: string;
  readonly public: boolean;
  readonly targets: readonly { readonly id: string }[];
  readonly categories: readonly string[];
  readonly tags: readonly string[];
  readonly icons: { readonly default: string };
  readonly content: {
    readonly details: { readonly path: string };
    readonly license: { readonly path: string };
  };
  readonly links: Readonly<Record<string, { readonly uri: string }>>;
  readonly repository: { readonly type: string; readonly uri: string };
  readonly files: readonly { readonly path: string; readonly addressable?: boolean }[];
  readonly contributions: readonly Contribution[];
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'application/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.md': 'text/markdown',
  '.txt': 'text/plain',
  '.vsixmanifest': 'text/xml',
  '.vsomanifest': 'application/json',
};
const SERVICES = 'Microsoft.VisualStudio.Services';

/**
 * @param folder of the extension
 * @param manifest its vss-extension.json, with the publisher that is to publish it
 */
export function vsix(folder: string, manifest: Manifest): Buffer {
  const { details, license } = manifest.content;
  const paths = [
    ...manifest.files.flatMap(({ path }) => filesOf(folder, path)),
    details.path,
    license.path,
  ].sort();
  const files = new Map<string, Buffer>([
    ['[Content_Types].xml', Buffer.from(contentTypes())],
    ['extension.vsomanifest', Buffer.from(vsoManifest(manifest))],
    ['extension.vsixmanifest', Buffer.from(vsixManifest(manifest, paths))],
    ...paths.map((path): [string, Buffer] => [path, readFileSync(join(folder, path))]),
  ]);
  const unknown = [...files.keys()].find((path) => !(extname(path) in TYPES) && !path.startsWith('['));
  if (unknown !== undefined) throw new Error(`${unknown}: expected one of ${Object.keys(TYPES).join(', ')}`);
  return zip(files);
}

function filesOf(folder: string, path: string): string[] {
  if (statSync(join(folder, path)).isFile()) return [path];
  return readdirSync(join(folder, path)).flatMap((name) => filesOf(folder, `${path}/${name}`));
}

function contentTypes(): string {
  const entries = Object.entries(TYPES).map(
    ([end, type]) => `  <Default Extension="${end}" ContentType="${type}"/>`,
  );
  return document([
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">',
    ...entries,
    '</Types>',
  ]);
}

function vsoManifest({ manifestVersion, repository, contributions }: Manifest): string {
  const text = { manifestVersion, repository, contributions, scopes: [], contributionTypes: [] };
  return JSON.stringify(text, null, 2);
}

function vsixManifest(manifest: Manifest, paths: readonly string[]): string {
  const { id, publisher, version, icons, content, files } = manifest;
  const links = Object.entries(manifest.links).map(([name, { uri }]) => [
    `${SERVICES}.Links.${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    uri,
  ]);
  const addressable = files.filter((file) => file.addressable === true).map(({ path }) => `${path}/`);
  const assets = [
    ...paths
      .filter((path) => addressable.some((start) => path.startsWith(start)))
      .map((path) => [path, path]),
    [`${SERVICES}.Icons.Default`, icons.default],
    [`${SERVICES}.Content.Details`, content.details.path],
    [`${SERVICES}.Content.License`, content.license.path],
    [`${SERVICES}.Manifest`, 'extension.vsomanifest'],
  ];
  return document([
    '<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011" xmlns:d="http://schemas.microsoft.com/developer/vsx-schema-design/2011">',
    '  <Metadata>',
    `    <Identity Language="en-US" Id="${xml(id)}" Publisher="${xml(publisher)}" Version="${xml(version)}"/>`,
    `    <DisplayName>${xml(manifest.name)}</DisplayName>`,
    `    <Description xml:space="preserve">${xml(manifest.description)}</Description>`,
    `    <GalleryFlags>${manifest.public ? 'Public' : ''}</GalleryFlags>`,
    `    <Categories>${xml(manifest.categories.join(','))}</Categories>`,
    `    <Tags>${xml(manifest.tags.join(','))}</Tags>`,
    '    <Properties>',
    ...[...links, [`${SERVICES}.Links.GitHub`, manifest.repository.uri]].map(
      ([name = '', uri = '']) => `      <Property Id="${xml(name)}" Value="${xml(uri)}"/>`,
    ),
    '    </Properties>',
    `    <Icon>${xml(icons.default)}</Icon>`,
    `    <License>${xml(content.license.path)}</License>`,
    '  </Metadata>',
    '  <Dependencies/>',
    '  <Installation>',
    ...manifest.targets.map((target) => `    <InstallationTarget Id="${xml(target.id)}"/>`),
    '  </Installation>',
    '  <Assets>',
    ...assets.map(
      ([type = '', path = '']) =>
        `    <Asset Type="${xml(type)}" d:Source="File" Path="${xml(path)}" Addressable="true"/>`,
    ),
    '  </Assets>',
    '</PackageManifest>',
  ]);
}

function document(lines: readonly string[]): string {
  return ['<?xml version="1.0" encoding="utf-8"?>', ...lines, ''].join('\n');
}

function xml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
