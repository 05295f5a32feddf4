import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StaticDecode } from 'typebox'
import { Value } from 'typebox/value'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { checkNode } from '../../src/config/check.ts'
import { promotionGates } from '../../src/config/promotion-gates.ts'
import { resolveSecrets } from '../../src/config/secrets.ts'
import { section } from '../../src/config/sections.ts'
import { walk } from '../../src/config/walk.ts'
import type { GateConfig } from '../../src/promotion/gates/gate.ts'
import { makeGates } from '../../src/promotion/gates/make-gates.ts'
import { keyOf } from '../promotion/gates/cosign-captures.ts'
import { makeOwnSigstore } from '../promotion/gates/own-sigstore.ts'

/** The list of gates, read as the rest of the configuration is. */
const rule = section('A rule.', { gates: promotionGates })

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-gates-'))
  await writeFile(join(folder, 'cosign.pub'), keyOf('cosign').publicKey)
  await writeFile(join(folder, 'root.json'), (await makeOwnSigstore({ at: new Date() })).trustedRoot)
})
afterAll(() => rm(folder, { recursive: true }))

async function load(yaml: string): Promise<{ gates: GateConfig[] } | string[]> {
  const value = { gates: parse(yaml) ?? undefined }
  const problems: string[] = []
  const report = (path: readonly string[], message: string) => {
    problems.push(`${path.slice(1).join('.')}: ${message}`)
  }
  for (const node of walk(rule, value)) {
    await resolveSecrets(node, folder, report)
    checkNode(node, report)
  }
  if (problems.length > 0) return problems
  const decoded: StaticDecode<typeof rule> = Value.Decode(rule, value)
  return decoded
}

test('all gates, with their defaults', async () => {
  const loaded = await load(`
- type: signature
  keys: [{ name: release, publicKeyFile: cosign.pub }]
- type: signature
  predicateType: https://cyclonedx.org/bom
  keyless:
    trustedRootFile: root.json
    identities:
      - { issuer: https://gitlab.example.com, subject: https://gitlab.example.com/a/b }
      - { issuer: https://gitlab.example.com, subject: { pattern: 'https://gitlab\\.example\\.com/.*' } }
- { type: referrer, artifactType: application/spdx+json }
- { type: minAge, age: 1h }
- { type: label, labels: { team: 'pay*' } }
- { type: annotation, annotations: { stage: released } }
- { type: flag }
- { type: webhook, url: https://check.example.com/x, secret: whsec_c2VjcmV0 }
- { type: approval }
`)
  if (Array.isArray(loaded)) throw new Error(loaded.join('\n'))
  expect(loaded.gates).toMatchObject([
    { keys: [{ name: 'release', publicKey: expect.stringContaining('PUBLIC KEY') }] },
    {
      ...{ keys: [], predicateType: 'https://cyclonedx.org/bom' },
      keyless: {
        trustedRoot: expect.stringContaining('certificateAuthorities'),
        identities: [
          { subject: { exact: 'https://gitlab.example.com/a/b' } },
          { subject: { pattern: 'https://gitlab\\.example\\.com/.*' } },
        ],
      },
    },
    { artifactType: 'application/spdx+json' },
    { age: 3_600_000 },
    { labels: { team: 'pay*' } },
    { annotations: { stage: 'released' } },
    { allow: 'ok' },
    { url: 'https://check.example.com/x', timeout: 10_000 },
    { people: 1 },
  ])
  const never = () => {
    throw new Error('nothing is asked')
  }
  const gates = makeGates(loaded.gates, {
    ...{ clientOf: never, flagOf: never, approvals: { approvals: never }, now: () => 0 },
  })
  expect(gates.map(({ name }) => name)).toEqual([
    'signature by release',
    'attestation https://cyclonedx.org/bom by https://gitlab.example.com/a/b or https://gitlab\\.example\\.com/.*',
    'referrer application/spdx+json',
    'minAge 1h',
    'label team=pay*',
    'annotation stage=released',
    'flag',
    'webhook check.example.com',
    'approval by 1',
  ])
})

test('without gates there are none', async () => {
  expect(await load('')).toEqual({ gates: [] })
})

describe('what is wrong is told', () => {
  const pem = (text: string | Buffer) => JSON.stringify(text.toString())
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const own = generateKeyPairSync('ed25519')
  const keyExpected = '0.keys.0.publicKey: expected one public key in PEM'
  const signature = (publicKey: string) =>
    `[{ type: signature, keys: [{ name: a, publicKey: ${publicKey} }] }]`

  test.each([
    ['an unknown gate', '[{ type: signatures }]', '0.type: expected signature, referrer, minAge'],
    ['a gate without a type', '[{ age: 1h }]', '0.type: missing'],
    ['a signature by nobody', '[{ type: signature }]', '0: expected keys or keyless'],
    ['an empty list of keys', '[{ type: signature, keys: [] }]', '0: expected keys or keyless'],
    ['no key', signature('x'), keyExpected],
    ['an RSA key', signature(pem(rsa.publicKey.export({ type: 'spki', format: 'pem' }))), keyExpected],
    ['a P-384 key', signature(pem(p384.publicKey.export({ type: 'spki', format: 'pem' }))), keyExpected],
    ['a private key', signature(pem(own.privateKey.export({ type: 'pkcs8', format: 'pem' }))), keyExpected],
    ['two keys', signature(pem(keyOf('cosign').publicKey.repeat(2))), keyExpected],
    [
      'a file that is not there',
      '[{ type: signature, keys: [{ name: a, publicKeyFile: none.pub }] }]',
      '0.keys.0.publicKey: cannot read',
    ],
    [
      'an unknown key of a gate',
      '[{ type: signature, keys: [{ name: a, publicKeyFile: cosign.pub }], other: 1 }]',
      '0.other: unknown key',
    ],
    [
      'another root',
      "[{ type: signature, keyless: { trustedRoot: '{}', identities: [{ issuer: a, subject: b }] } }]",
      '0.keyless.trustedRoot: expected the trusted root',
    ],
    [
      'nobody who may sign',
      '[{ type: signature, keyless: { trustedRootFile: root.json, identities: [] } }]',
      '0.keyless.identities: expected at least one entry',
    ],
    [
      'a pattern that is none',
      "[{ type: signature, keyless: { trustedRootFile: root.json, identities: [{ issuer: a, subject: { pattern: '(' } }] } }]",
      '0.keyless.identities.0.subject.pattern: expected a valid RE2 pattern',
    ],
    ['no age', '[{ type: minAge }]', '0.age: missing'],
    ['no labels', '[{ type: label, labels: {} }]', '0.labels: expected names with wildcards'],
    ['a flag that is too bad', '[{ type: flag, allow: over }]', '0.allow: expected one of ok, warning'],
    ['no URL', '[{ type: webhook, url: x }]', '0.url: expected an http or https URL'],
    [
      'a password in a URL',
      '[{ type: webhook, url: "https://a:b@x.example.com/" }]',
      '0.url: expected an http or https URL without',
    ],
    [
      'a secret that is none',
      '[{ type: webhook, url: "https://x/", secret: x }]',
      '0.secret: expected whsec_',
    ],
    ['a long wait', '[{ type: webhook, url: "https://x/", timeout: 2m }]', '0.timeout: expected a duration'],
    ['approval by nobody', '[{ type: approval, people: 0 }]', '0.people: expected an integer'],
  ])('%s', async (_, yaml, problem) => {
    expect(await load(yaml)).toEqual(expect.arrayContaining([expect.stringContaining(problem)]))
  })
})
