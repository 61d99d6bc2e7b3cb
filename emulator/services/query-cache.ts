import type { Answer } from '../wire/exchange.ts';

const KEPT_MS = 120_000;

/**
 * Answers are kept for two minutes, and given again to requests that do not ask for fresh ones.
 * https://learn.microsoft.com/azure/azure-monitor/logs/api/cache
 */
export class QueryCache {
  readonly #answers = new Map<string, { readonly at: number; readonly answer: Answer }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  keep(key: string, answer: Answer): void {
    this.#answers.set(key, { at: this.#now(), answer });
  }

  /** The answer kept for a request, with its Age, where the Cache-Control of the request lets it have one. */
  find(key: string, cacheControl: string): Answer | undefined {
    if (/\bno-(cache|store)\b/.test(cacheControl)) return undefined;
    const kept = this.#answers.get(key);
    if (kept === undefined) return undefined;
    const seconds = Number(/\bmax-age=(\d+)/.exec(cacheControl)?.[1] ?? KEPT_MS / 1000);
    const ageMs = this.#now() - kept.at;
    if (ageMs > Math.min(seconds * 1000, KEPT_MS)) return undefined;
    return aged(kept.answer, Math.floor(ageMs / 1000));
  }

  /** The answer kept for a request, however old. */
  last(key: string): Answer | undefined {
    return this.#answers.get(key)?.answer;
  }
}

/** The answer as one from a cache. */
export function aged(answer: Answer, age: number): Answer {
  return { ...answer, headers: { ...answer.headers, age: String(age) } };
}
