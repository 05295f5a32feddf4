import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'
import { tallyman } from '../cli/cli-bed.ts'

/** The blocks of code of the quick start, in order. */
let blocks: { language: string; text: string }[]
let folder: string
let document: string
beforeAll(async () => {
  document = await readFile(join(import.meta.dirname, '../../docs/quick-start.md'), 'utf8')
  blocks = [...document.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }))
  folder = await mkdtemp(join(tmpdir(), 'tallyman-quick-start-'))
})
afterAll(() => rm(folder, { recursive: true }))

const of = (language: string, word: string) => {
  const found = blocks.filter((block) => block.language === language && block.text.includes(word))
  if (found.length !== 1)
    throw new Error(`expected one block of ${language} with ${word}, got ${found.length}`)
  return found[0]?.text ?? ''
}

test('its first command, with the options that it names, writes a configuration that is right', async () => {
  const [, options = ''] = /`npm run tallyman -- (init --registry [^`]*)`/.exec(document) ?? []
  const file = join(folder, 'tallyman.yaml')
  const { status, out } = await tallyman({}, ...options.split(' '), '--file', file)
  expect(status).toBe(0)
  const { server, registries, quotas } = await loadConfig(file, {})
  expect(new Set([server.readToken, server.adminToken, registries.ci?.token]).size).toBe(3)
  expect(quotas).toHaveLength(1)
  // What it prints is what the document shows, but for the token.
  const shown = parse(
    of('yaml', 'includereferences').replace('TOKEN-OF-THIS-REGISTRY', `${registries.ci?.token}`),
  )
  expect(parse(out)).toEqual(shown)
})

test('its first policy is right, and only plans', async () => {
  const file = join(folder, 'policy.yaml')
  const more =
    'server: { readToken: abcdefghijklmnop1, adminToken: abcdefghijklmnop2 }\nregistries: { ci: { url: http://127.0.0.1:5000 } }\n'
  await writeFile(file, of('yaml', 'policies:') + more)
  const { expiry } = await loadConfig(file, {})
  expect(expiry.policies).toMatchObject([{ name: 'branches', mode: 'plan' }])
})

test('its registries post to the route that takes events, with a token', () => {
  const plain = parse(of('yaml', 'includereferences')).notifications
  expect(plain.endpoints).toEqual([
    expect.objectContaining({
      url: 'http://127.0.0.1:8080/v1/events',
      headers: { Authorization: [expect.stringMatching(/^Bearer \S+$/)] },
    }),
  ])
  const chart = parse(of('yaml', 'maxretries')).registry.notifications
  expect(chart.endpoints[0]).toMatchObject({
    headers: { Authorization: plain.endpoints[0].headers.Authorization },
  })
  expect(new URL(chart.endpoints[0].url).pathname).toBe('/v1/events')
  expect(of('ruby', 'notifications')).toContain("/v1/events'")
})

test("its entries for GitLab's registry and for chat are right in a configuration", async () => {
  for (const name of ['ci-token', 'gitlab-token'])
    await writeFile(join(folder, name), `${name}-`.padEnd(24, 'x'))
  await writeFile(join(folder, 'ops-webhook-url'), 'https://hooks.example.com/1')
  const parts = [
    of('yaml', 'gitlab:'),
    of('yaml', 'channels:'),
    'server: { readToken: abcdefghijklmnop1, adminToken: abcdefghijklmnop2 }\n',
  ]
  await writeFile(join(folder, 'gitlab.yaml'), parts.join('').replaceAll('/etc/tallyman', folder))
  const { registries, alerts } = await loadConfig(join(folder, 'gitlab.yaml'), {})
  expect(registries.ci).toMatchObject({ renames: true, gitlab: { groups: ['team-a'] } })
  expect(alerts.channels).toMatchObject([{ name: 'ops', type: 'slack' }])
})
