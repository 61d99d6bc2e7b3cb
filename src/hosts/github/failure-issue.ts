import { createHash } from 'node:crypto';
import type { getOctokit } from '@actions/github';
import type { ActionError, Detail } from '../../errors.ts';
import type { Host } from '../../host.ts';
import { userAgent } from '../../http/user-agent.ts';
import type { RunResult } from '../../pipeline/run.ts';
import { plain } from '../../report/markdown.ts';
import { faultBlocks } from '../../report/summary-fault.ts';
import { DAY } from '../../time/clock.ts';
import { describe } from '../../time/window.ts';
import { githubFetch } from './github-fetch.ts';

/** GitHub disables scheduled workflows of public repositories after 60 days without activity; said ten days ahead. */
const INACTIVITY = 60 * DAY;
const AHEAD = 10 * DAY;
/** Open issues looked through for ours: ten pages of a hundred. */
const PAGES = 10;
/** All calls together, in ms: the work is done, and a silent API must not hold the step. */
const PATIENCE = 20_000;

type Octokit = ReturnType<typeof getOctokit>;

/**
 * Keeps one issue for runs that go wrong where nobody looks: opened at the first red or incomplete run, updated by the
 * next ones, closed by the first good one. Holds nothing private, and never fails the step: a fault is a warning.
 */
export async function trackFailure(result: RunResult, host: Host): Promise<void> {
  const token = host.getInput('github-token').trim();
  const wanted = host.getInput('failure-issue').trim().toLowerCase() === 'true';
  const [owner, repo] = host.context.repository.split('/');
  if (token === '' || !owner || !repo || result.record.dryRun || host.cancelled.aborted) return;
  let fault: string | undefined;
  try {
    const github = await import(/* webpackMode: "eager" */ '@actions/github');
    const fetch = githubFetch(userAgent(host.context), AbortSignal.timeout(PATIENCE), (why) => {
      fault = why;
    });
    const octokit = github.getOctokit(token, { request: { fetch } });
    await warnOfInactivity(octokit, { owner, repo }, host);
    if (wanted) await updateIssue(octokit, { owner, repo }, result, host);
  } catch (error) {
    const status = (error as { status?: unknown }).status;
    const answered = typeof status === 'number' ? `HTTP ${status}` : (error as Error).name;
    const remedy =
      fault === undefined
        ? 'Give the job "issues: write" and a "github-token".'
        : "Check that the runner reaches GitHub's API over https (GITHUB_API_URL, proxy, firewall).";
    host.log.warning(
      `The failure issue could not be kept (${fault ?? answered}). ${remedy}`,
      'No failure issue',
    );
  }
}

async function updateIssue(
  octokit: Octokit,
  place: { owner: string; repo: string },
  result: RunResult,
  host: Host,
): Promise<void> {
  const mark = markOf(host);
  const known = await findIssue(octokit, place, mark);
  if (!isBad(result)) {
    if (known === undefined) return;
    const body = `Good again: [run ${host.context.runId}](${host.context.runUrl}) collected its whole window.`;
    await octokit.rest.issues.createComment({ ...place, issue_number: known.number, body });
    await octokit.rest.issues.update({ ...place, issue_number: known.number, state: 'closed' });
    return;
  }
  const runs = 1 + (known?.runs ?? 0);
  const since = known?.since ?? new Date(host.clock.now()).toISOString();
  const body = issueBody(result, host, { mark, runs, since });
  if (known === undefined) {
    await octokit.rest.issues.create({
      ...place,
      title: `Activity collection failed: ${titleOf(host)}`,
      body,
    });
  } else {
    await octokit.rest.issues.update({ ...place, issue_number: known.number, body });
  }
}

/** Red, or not complete although an activity log was asked for. */
function isBad({ record, conclusions }: RunResult): boolean {
  const { fallbackUsed, source } = record.collected;
  return (
    conclusions.faults.size > 0 || (!conclusions.isComplete && (fallbackUsed || source !== 'workspaces'))
  );
}

async function findIssue(
  octokit: Octokit,
  place: { owner: string; repo: string },
  mark: string,
): Promise<{ number: number; runs: number; since: string } | undefined> {
  const isOurs = await ownIssues(octokit);
  for (let page = 1; page <= PAGES; page += 1) {
    const { data } = await octokit.rest.issues.listForRepo({ ...place, state: 'open', per_page: 100, page });
    for (const { number, body, pull_request, user } of data) {
      if (pull_request !== undefined || !body?.includes(mark) || !isOurs(user?.login)) continue;
      const counted = /<!-- runs: (\d+), since: ([\dTZ:.-]+) -->/.exec(body);
      return { number, runs: Number(counted?.[1] ?? 1), since: counted?.[2] ?? '' };
    }
    if (data.length < 100) return undefined;
  }
  return undefined;
}

/** Who a workflow's own token is, where it cannot be asked (https://docs.github.com/en/actions/concepts/security/github_token). */
const ACTIONS_BOT = 'github-actions[bot]';

/**
 * Whether an issue was opened by whoever this token belongs to. Anybody may open an issue that looks like ours in a public
 * repository: it must neither be written to nor believed.
 */
async function ownIssues(octokit: Octokit): Promise<(login: string | undefined) => boolean> {
  const login = await octokit
    .graphql<{ viewer: { login: string } }>('query { viewer { login } }')
    .then(({ viewer }) => viewer.login)
    .catch(() => ACTIONS_BOT);
  // GraphQL names an app without the ending that REST gives it.
  const bare = (name: string) => name.toLowerCase().replace(/\[bot\]$/, '');
  const isBot = login.endsWith('[bot]') || bare(login) === bare(ACTIONS_BOT);
  return (author) =>
    author !== undefined &&
    (isBot
      ? author.endsWith('[bot]') && bare(author) === bare(login)
      : author.toLowerCase() === login.toLowerCase());
}

function issueBody(
  { record, conclusions }: RunResult,
  host: Host,
  kept: { mark: string; runs: number; since: string },
): string {
  const { context } = host;
  const causes = [...conclusions.faults.values()].flatMap((error) => [
    ...faultBlocks(error.code, publicParts(error)).map((block) => [block].flat().join('\n')),
    `**What to do:** ${error.remedy}`,
  ]);
  if (causes.length === 0) causes.push(...[...conclusions.notices.values()].map(plain));
  const asked = record.planned?.window;
  const window = asked === undefined ? '' : ` for ${describe(asked)} (UTC)`;
  const times = kept.runs === 1 ? 'The run' : `${kept.runs} runs since ${kept.since.slice(0, 16)}Z; the last`;
  return [
    `${times}${window}: [run ${context.runId}](${context.runUrl}).`,
    ...causes,
    'This issue is kept up to date by the action, and closed by the first run that is good again.',
    `${kept.mark}\n<!-- runs: ${kept.runs}, since: ${kept.since} -->`,
  ].join('\n\n');
}

/** An issue may be public and nothing masks it: of refused inputs only the names, a value may be a misplaced secret. */
function publicParts({ code, detail, parts }: ActionError): Detail {
  if (code !== 'inputs') return parts;
  const names = detail.match(/[A-Za-z][\w-]+(?=: expected)/g)?.join(', ') ?? 'inputs';
  return { text: `See the log of the run: ${names}.` };
}

/** Tells the issues of several workflows and destinations in one repository apart. */
function markOf(host: Host): string {
  const parts = ['tenant-id', 'dcr-immutable-id', 'stream-name'].map((name) => host.getInput(name));
  const digest = createHash('sha256')
    .update(JSON.stringify([host.context.workflow, ...parts]))
    .digest('hex');
  return `<!-- fabric-activity-to-log-analytics ${digest.slice(0, 16)} -->`;
}

function titleOf(host: Host): string {
  return host.context.workflow === '' ? 'workflow' : host.context.workflow.slice(0, 100);
}

async function warnOfInactivity(
  octokit: Octokit,
  place: { owner: string; repo: string },
  host: Host,
): Promise<void> {
  if (host.context.event !== 'schedule') return;
  const { data } = await octokit.rest.repos.get(place);
  const disabledAt = Date.parse(data.pushed_at ?? '') + INACTIVITY;
  if (data.private || Number.isNaN(disabledAt) || host.clock.now() < disabledAt - AHEAD) return;
  const day = new Date(disabledAt).toISOString().slice(0, 10);
  host.log.warning(
    `GitHub disables scheduled workflows of public repositories after 60 days without activity, this one's on ${day}: push a commit, or enable the workflow again.`,
    'Schedule about to be disabled',
  );
}
