import type { Scene } from './scenes/scene.ts';
import { type HostName, SCENES } from './scenes/scenes.ts';

/** The folder of the pictures, beside the gallery. */
export const PICTURES = 'summaries';

/** Pixels of the column that GitHub gives a summary, on a desk and in a narrow window. */
export const WIDE = 980;
export const NARROW = 480;

export interface Picture {
  /** Where it is, from the gallery. */
  readonly file: string;
  readonly host: HostName;
  readonly theme: 'light' | 'dark';
  /** Widths of what stands beside each other on it. */
  readonly columns: readonly number[];
}

const HEAD = `# What a summary says

Every run ends with a summary: at GitHub on the page of the run, in Azure Pipelines on its tab Extensions. Here is each scene that
it knows: at GitHub on a wide page and on a narrow one, then in Azure Pipelines. The runs are made up, the summaries are what the
code says of them, and GitHub's look is that of its style sheet; Azure DevOps shows the same text in a look of its own.

The first line says how it went: ✅ is fine, ⚠️ wants a look, ❌ needs somebody. What to do stands below it, and titles lead to their
entry in [troubleshooting](troubleshooting.md).

<!-- Written by "npm run picture -- summaries" from tools/picture/scenes/. -->`;

/** The pictures of a scene that the gallery shows: few enough to be kept with the sources. */
export function picturesOf({ name }: Scene): Picture[] {
  const picture = (host: HostName, theme: Picture['theme'], ...columns: number[]): Picture => ({
    file: `${PICTURES}/${name}-${host}-${theme}.png`,
    host,
    theme,
    columns,
  });
  return [
    picture('github', 'light', WIDE, NARROW),
    picture('github', 'dark', WIDE, NARROW),
    picture('azure-pipelines', 'light', WIDE),
  ];
}

/** docs/summaries.md */
export function galleryOf(): string {
  const sections = Object.entries(SCENES).map(([heading, scenes]) =>
    [`## ${heading}`, ...scenes.map(sceneOf)].join('\n\n'),
  );
  return `${[HEAD, ...sections].join('\n\n')}\n`;
}

function sceneOf(scene: Scene): string {
  const [light, dark, azure] = picturesOf(scene).map(({ file }) => file);
  const picture = [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="${dark}">`,
    `  <img alt="GitHub: ${scene.title}" src="${light}">`,
    '</picture>',
  ].join('\n');
  // Folded: it is the same text once more.
  const folded = `<details><summary>In Azure Pipelines</summary>\n\n![Azure Pipelines: ${scene.title}](${azure})\n\n</details>`;
  return [`### ${scene.title}`, scene.when, picture, folded].join('\n\n');
}
