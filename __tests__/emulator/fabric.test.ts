import { describe, expect, it } from '@jest/globals';
import type { Page } from '../support/activity-log.ts';
import {
  ask,
  bearer,
  closeEmulatorsAtEnd,
  emulator,
  FABRIC,
  POWER_BI,
  TENANT,
} from '../support/raw-requests.ts';

closeEmulatorsAtEnd();

describe('Fabric', () => {
  it('has no activities, unless told so', async () => {
    const target = await emulator({ eventsPerHour: 4, pageSize: 3, emptyPages: false });
    const path = '/v1/admin/activities?startDateTime=2026-11-19T22:00:00Z&endDateTime=2026-11-20T00:59:59Z';
    const headers = bearer(target, FABRIC);
    const reply = await ask(target, path, { headers });
    expect(reply.status).toBe(404);
    expect(JSON.parse(reply.text)).toMatchObject({ errorCode: 'EntityNotFound', isRetriable: false });
    target.configure.fabricActivities = 'served';
    const first = JSON.parse((await ask(target, path, { headers })).text) as Page;
    expect(first.activityEventEntities).toHaveLength(3);
    const next = await ask(target, `${path}&continuationToken=${first.continuationToken}`, { headers });
    expect((JSON.parse(next.text) as Page).activityEventEntities).toHaveLength(1);
    target.configure.fabricActivities = 'forbidden';
    expect((await ask(target, path, { headers })).status).toBe(403);
  });

  it('pages workspaces, some of which cannot be read', async () => {
    const target = await emulator();
    const headers = bearer(target, FABRIC);
    const ids: string[] = [];
    let last: Record<string, unknown> = {};
    for (let path = '/v1/workspaces'; path !== ''; ) {
      last = JSON.parse((await ask(target, path, { headers })).text) as Record<string, unknown>;
      ids.push(...(last.value as { id: string }[]).map(({ id }) => id));
      path =
        typeof last.continuationToken === 'string'
          ? `/v1/workspaces?continuationToken=${last.continuationToken}`
          : '';
    }
    expect(ids).toHaveLength(7);
    expect(Object.keys(last)).toEqual(['value']);
    const statuses = await Promise.all(
      ids.map(async (id) => (await ask(target, `/v1/workspaces/${id}`, { headers })).status),
    );
    expect(statuses).toEqual([200, 200, 403, 200, 200, 403, 200]);
    expect((await ask(target, `/v1/workspaces/${TENANT}`, { headers })).status).toBe(404);
    expect(
      (await ask(target, "/v1/workspaces?continuationToken='LDMsMTAwMDAwLDA%3D'", { headers })).status,
    ).toBe(400);
    expect((await ask(target, '/v1/workspaces', { headers: bearer(target, POWER_BI) })).status).toBe(401);
  });
});
