/**
 * Text from outside as Markdown that shows it and nothing else: no HTML, no link, no picture, no mention, no other column
 * of a table. What the action writes itself, code spans and addresses among it, is not passed through here.
 */
export function plain(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_[\]|~#]/g, '\\$&')
    .replaceAll(/@(?=[\w-])/g, '@\u200b');
}
