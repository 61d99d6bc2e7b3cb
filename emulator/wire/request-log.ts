import type { LoggedRequest } from './exchange.ts';
import { headerOf, type Service, type ServiceRequest } from './request.ts';

/** Headers worth a look in a test; those with secrets are never kept. */
const KEPT_HEADERS = [
  'accept',
  'accept-encoding',
  'cache-control',
  'content-encoding',
  'content-type',
  'host',
  'prefer',
  'user-agent',
  'x-ms-client-request-id',
  'x-tfs-fedauthredirect',
];

/** All requests in order of arrival, and how many were under way at once. */
export class RequestLog {
  readonly requests: LoggedRequest[] = [];
  readonly maxConcurrent: Record<Service, number> = zeroes();
  readonly #open: Record<Service, number> = zeroes();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  open(call: ServiceRequest): LoggedRequest {
    const headers: Record<string, string> = {};
    for (const name of KEPT_HEADERS) {
      const value = headerOf(call, name);
      if (value !== undefined) headers[name] = value;
    }
    const { service, method, host, path, query, at } = call;
    const sizes = { wireBytes: 0, bodyBytes: 0, answerBytes: 0, rows: 0 };
    const entry: LoggedRequest = {
      ...{ service, method, host, path, query: withoutSecrets(service, query), headers },
      ...{ status: 0, at, finishedAt: undefined, settledAt: undefined, queryText: undefined, ...sizes },
    };
    this.requests.push(entry);
    this.#open[service] += 1;
    this.maxConcurrent[service] = Math.max(this.maxConcurrent[service], this.#open[service]);
    return entry;
  }

  close(entry: LoggedRequest): void {
    if (entry.finishedAt !== undefined) return;
    entry.finishedAt = this.#now();
    this.#open[entry.service] -= 1;
  }

  settle(entry: LoggedRequest): void {
    entry.settledAt = this.#now();
  }
}

/** A sign-in that puts its secret into the address is a fault that tests want to see, without the secret. */
function withoutSecrets(
  service: Service,
  query: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (service !== 'entra') return query;
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, /secret|assertion/.test(name) ? '***' : value]),
  );
}

function zeroes(): Record<Service, number> {
  const own = { entra: 0, oidc: 0, 'power-bi': 0, fabric: 0, ingestion: 0, 'log-analytics': 0 };
  return { ...own, vault: 0, imds: 0, foreign: 0 };
}
