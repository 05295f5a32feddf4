import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, type LabTallyman, startTallyman, WEBHOOK_TOKEN } from '../lab/tallyman.ts'

/** Every request that was captured from real registries, sent to the real intake and worker. */
let tallyman: LabTallyman
beforeAll(async () => {
  tallyman = await startTallyman()
})
afterAll(() => tallyman.close())

const folder = new URL('captures/', import.meta.url)
interface Captured {
  requests: { contentType: string; body: { events: unknown[] } }[]
}

/** All captures are of one day. They get a date of yesterday, because an old event is quarantined. */
const YESTERDAY = new Date(Date.now() - 86_400_000).toISOString().slice(0, 'YYYY-MM-DD'.length)

async function send(contentType: string, body: string): Promise<void> {
  const answer = await tallyman.app.inject({
    method: 'POST',
    url: '/v1/events',
    headers: { authorization: `Bearer ${WEBHOOK_TOKEN}`, 'content-type': contentType },
    body: body.replaceAll('2026-11-23', YESTERDAY),
  })
  expect(answer.statusCode).toBe(202)
}

test('every captured request is understood, and the index is what the registries held', async () => {
  for (const version of ['distribution-2.8.2', 'distribution-3.0.0']) {
    for (const file of readdirSync(new URL(version, folder)).sort()) {
      const text = readFileSync(new URL(`${version}/${file}`, folder), 'utf8')
      if (file.endsWith('.http')) {
        const [head = '', body = ''] = text.split(/\r?\n\r?\n/, 2)
        await send(/content-type: *(\S+)/i.exec(head)?.[1] ?? '', body)
        continue
      }
      const captured: Captured = JSON.parse(text)
      for (const { contentType, body } of captured.requests) await send(contentType, JSON.stringify(body))
    }
  }
  const metrics = async () => (await tallyman.app.inject('/metrics')).body
  await eventually(metrics, (text) => {
    const counts = text.matchAll(/^tallyman_events_indexed_total\{.*\} (\d+)$/gm)
    return [...counts].reduce((sum, [, n]) => sum + Number(n), 0) === 143
  })
  expect(await tallyman.get('/v1/quarantine')).toEqual({ total: 0, events: [], next: null })
  const { projects } = await tallyman.get<{ projects: Project[] }>('/v1/projects')
  const row = (p: Project) => [p.uniqueBytes, p.referencedBytes, p.exclusiveBytes, p.unreferencedBytes]
  const rows = projects.map((p) => [p.id, ...row(p), p.manifests, p.tags, p.pulls])
  // Computed by hand from the commands in the captures: unique, referenced, exclusive, unreferenced; manifests, tags, pulls.
  expect(rows.sort()).toEqual([
    ['ci/a/app', 972, 972, 972, 0, 1, 1, 1],
    // v1 is kept; the deleted v2 leaves its layers (20,461) and its config (498)
    ['ci/grp/sub', 21_515, 21_515, 21_515, 20_959, 1, 1, 1],
    // v2; ci/team/app also holds its layer of 219
    ['ci/prod/app', 21_522, 21_522, 21_303, 0, 1, 1, 0],
    // a deleted image leaves its layer; its config counts as 0, since no capture has the upload that measured it
    ['ci/raw/app', 0, 0, 0, 209, 0, 0, 0],
    // v1 (21,516), v1-arm64 (21,511) and the index (491), which only this project has; v2's layer and config are left
    ['ci/team/app', 43_518, 43_518, 491, 20_746, 3, 3, 12],
    // both children of a deleted index
    ['ci/team/appcopy', 43_027, 43_027, 0, 0, 2, 0, 0],
    // v1 in docker's format (585 + 20,959) and a manifest list (317); one layer's link was deleted, but v1 still uses it
    ['ci/team/dkr', 21_861, 21_861, 902, 0, 2, 2, 0],
    // the registry refused a schema-1 push after its mounts
    ['ci/team/dkr1', 0, 0, 0, 20_461, 0, 0, 0],
    ['ci/team/mounted', 0, 0, 0, 0, 0, 0, 0],
    ['ci/team/other', 0, 0, 0, 20_959, 0, 0, 1],
    ['ci/team/raw', 0, 0, 0, 9, 0, 0, 0],
  ])
})

interface Project {
  id: string
  uniqueBytes: number
  referencedBytes: number
  exclusiveBytes: number
  unreferencedBytes: number
  manifests: number
  tags: number
  pulls: number
}
