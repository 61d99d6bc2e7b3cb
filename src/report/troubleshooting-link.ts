/** Where the troubleshooting entry of a fault is, as Markdown. @param docsUrl of the folder of documents, where it is known */
export function troubleshootingLink(title: string, docsUrl: string | undefined): string {
  const page = 'docs/troubleshooting.md';
  return docsUrl === undefined
    ? `More on it: "${title}" in \`${page}\`.`
    : `[More on "${title}"](${troubleshootingUrl(title, docsUrl)})`;
}

/** Address of an entry. */
export function troubleshootingUrl(title: string, docsUrl: string): string {
  return `${docsUrl}/troubleshooting.md#${anchorOf(title)}`;
}

/** As GitHub makes anchors of headings. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}
