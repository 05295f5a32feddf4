import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

/** The import rules that docs/architecture.md states, checked in the source. */
interface Import {
  /** Paths from the root of the project. */
  from: string
  to: string
  typeOnly: boolean
}

const root = join(import.meta.dirname, '..')
const GROUND = ['platform', 'queue', 'store', 'registry', 'storage']
const CAPABILITIES = [
  'config',
  'events',
  'usage',
  'history',
  'report',
  'quota',
  'alerts',
  'outgoing',
  'expiry',
  'promotion',
  'snapshot',
  'reconcile',
  'delivery-audit',
  'space',
  'integrity',
  'collection',
  'barrier',
  'replay',
  'ci',
  'access',
  'overview',
  'doctor',
]
const PURE = [
  ...['usage/model.ts', 'usage/codec.ts', 'usage/project.ts', 'quota/evaluate.ts', 'quota/quotas.ts'],
  ...['quota/specificity.ts', 'quota/alert-of.ts', 'quota/amount.ts', 'quota/quota.ts'],
  ...['expiry/plan.ts', 'expiry/relations.ts', 'expiry/rules.ts', 'promotion/match.ts', 'quota/message.ts'],
  ...['expiry/dialects/quay.ts', 'expiry/dialects/zot.ts'],
  ...[
    'events/normalise.ts',
    'usage/renames.ts',
    'events/event.ts',
    'platform/timestamp.ts',
    'registry/manifest.ts',
    'usage/deletion.ts',
    'usage/reclaim.ts',
    'expiry/evict.ts',
    'expiry/evict-families.ts',
    'expiry/evict-candidates.ts',
  ],
  ...[
    'reconcile/compare.ts',
    'reconcile/confidence.ts',
    'reconcile/drift.ts',
    'reconcile/hold.ts',
    'reconcile/run.ts',
    'reconcile/indexed-repository.ts',
  ],
  ...['replay/replay-policy.ts', 'replay/journal-line.ts', 'snapshot/baselines.ts'],
  ...[
    'expiry/notice.ts',
    'expiry/notice-alert.ts',
    'expiry/keep.ts',
    'expiry/protected.ts',
    'expiry/undo.ts',
    'expiry/spared.ts',
    'expiry/plan-warnings.ts',
    'expiry/blocked-alert.ts',
    'expiry/plan-diff.ts',
    'expiry/planned-image.ts',
  ],
  'expiry/dialects/ecr.ts',
  'expiry/dialects/gitlab.ts',
  'expiry/dialects/harbor.ts',
  'expiry/details/artifact-kind.ts',
  'expiry/details/details.ts',
  'expiry/conditions-details.ts',
  ...['outgoing/changes.ts', 'platform/cloud-event.ts'],
  ...['access/access.ts', 'ci/principal.ts', 'ci/read-claims.ts', 'ci/bind-projects.ts'],
  ...['promotion/gates/check-bundle.ts', 'promotion/gates/check-simple-signing.ts'],
  ...['promotion/gates/signers.ts', 'promotion/gates/trusted-root.ts'],
  ...['history/history.ts', 'history/codec.ts', 'history/forecast.ts', 'history/forecast-text.ts'],
  ...[
    'report/entry.ts',
    'report/entry-codec.ts',
    'report/month.ts',
    'report/report.ts',
    'report/held-by-pusher.ts',
  ],
  ...[
    'history/growth-since.ts',
    'overview/growth-base.ts',
    'overview/project-row.ts',
    'overview/changes.ts',
    'overview/sums.ts',
  ],
  ...[
    'delivery-audit/judge.ts',
    'delivery-audit/audit-state.ts',
    'delivery-audit/audit-text.ts',
    'delivery-audit/choose-endpoint.ts',
    'delivery-audit/read-debug-vars.ts',
    'delivery-audit/read-prometheus.ts',
  ],
  'space/survey.ts',
  ...['integrity/damage.ts', 'integrity/broken-images.ts', 'integrity/after-look.ts'],
  ...['integrity/broken-alert.ts', 'integrity/scrub-budget.ts'],
  ...['barrier/choose.ts', 'barrier/passing.ts'],
  ...['facts', 'storage-findings', 'place-rules', 'lifecycle-rules', 'kept-rules', 'replication-rules'].map(
    (file) => `doctor/storage/${file}.ts`,
  ),
  ...['login-rules', 'registry-rules', 'unknown-rules'].map((file) => `doctor/storage/${file}.ts`),
  ...['storage/settings/s3-lifecycle.ts', 'storage/settings/gcs-lifecycle.ts'],
  ...['run-state', 'check', 'compare', 'advice', 'next-known', 'interrupt', 'collection-alert'].map(
    (file) => `collection/${file}.ts`,
  ),
  'storage/classify.ts',
  ...['history/outlook.ts', 'history/forecast-alert.ts', 'history/growth.ts', 'history/sparkline.ts'],
].map((file) => `src/${file}`)

function importsOf(file: string, text: string): Import[] {
  const found = text.matchAll(
    /^(import|export) (type )?[^'";]*?from '(\.[^']+)'|^import '(\.[^']+)'|await import\('(\.[^']+)'\)/gm,
  )
  return [...found].map(([, , type, named, bare, late]) => ({
    from: file,
    to: join(dirname(file), named ?? bare ?? late ?? ''),
    typeOnly: type !== undefined,
  }))
}

const sources = ['src', 'workers'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file)),
)
const read = (file: string) => readFileSync(join(root, file), 'utf8')
/** All but that of package.json, which is data and stands nowhere. */
const imports = sources
  .flatMap((file) => importsOf(file, read(file)))
  .filter(({ to }) => to !== 'package.json')

const START_COMMAND = 'src/cli/commands/start.ts'

/** `compose.ts` and `compose/` are one thing. */
const folderOf = (file: string): string =>
  file.startsWith('src/') ? (file.split('/')[1] ?? '').replace(/^compose\.ts$/, 'compose') : 'workers'

/** Why an import runs upward, if it does. */
function upward({ from, to }: Import): string | undefined {
  const [here, there] = [folderOf(from), folderOf(to)]
  const isGround = GROUND.includes(here)
  if (isGround && CAPABILITIES.includes(there))
    return `${from}: the ground floor imports the capability ${to}`
  const isBelow = isGround || CAPABILITIES.includes(here)
  const isAbove = ['http', 'cli', 'workers', 'compose', 'start.ts', 'main.ts'].includes(there)
  if (isBelow && isAbove) return `${from} imports ${to}, which stands above it`
  if (there === 'workers' && here !== 'workers' && here !== 'compose')
    return `${from}: only compose imports workers`
  if (there === 'compose' && here !== 'start.ts' && here !== 'compose' && !from.endsWith('/main.ts'))
    return `${from}: only start.ts or a main.ts imports compose`
  if (there === 'start.ts' && !from.endsWith('/main.ts') && from !== START_COMMAND)
    return `${from}: only a main.ts and the command start import start.ts`
  return undefined
}

/** A chain of runtime imports that comes back to where it began. */
function cycle(all: readonly Import[]): string[] | undefined {
  const next = Map.groupBy(
    all.filter(({ typeOnly }) => !typeOnly),
    ({ from }) => from,
  )
  const done = new Set<string>()
  const visit = (file: string, path: string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const { to } of next.get(file) ?? []) {
      const found = visit(to, [...path, file])
      if (found) return found
    }
    done.add(file)
    return undefined
  }
  for (const file of next.keys()) {
    const found = visit(file, [])
    if (found) return found
  }
  return undefined
}

/** Pairs of folders that import each other at run time. */
function mutual(all: readonly Import[]): string[] {
  const pairs = all
    .filter(({ typeOnly }) => !typeOnly)
    .map(({ from, to }) => `${folderOf(from)} ${folderOf(to)}`)
  const isMutual = (pair: string) => pairs.includes(pair.split(' ').reverse().join(' '))
  return [...new Set(pairs)].filter((pair) => isMutual(pair) && pair < pair.split(' ').reverse().join(' '))
}

/** Files, and all that they import at run time. */
function withImported(files: readonly string[], all: readonly Import[]): string[] {
  const reached = new Set(files)
  for (const file of reached)
    for (const { from, to, typeOnly } of all) if (from === file && !typeOnly) reached.add(to)
  return [...reached]
}

/** What in a file of the pure core reaches out: I/O, the clock, chance. */
const impurities = (text: string): string[] =>
  text.match(
    /(from|import) '(node:(fs|net|http|child_process)[^']*|ioredis|bullmq|undici)'|Date\.now\(|performance\.|Math\.random\(|new Date\(\)|\b(fetch|setTimeout)\(/g,
  ) ?? []

test('no import runs upward', () => {
  expect(imports.length).toBeGreaterThan(100)
  expect(imports.map(upward).filter((problem) => problem !== undefined)).toEqual([])
})

test('every file stands in a folder that docs/architecture.md names', () => {
  const top = ['http', 'cli', 'workers', 'compose', 'start.ts', 'main.ts']
  const known = [...GROUND, ...CAPABILITIES, ...top]
  expect(sources.filter((file) => !known.includes(folderOf(file)))).toEqual([])
})

test('every import names a file that exists', () => {
  const outside = imports.filter(({ to }) => !sources.includes(to))
  expect(outside.map(({ from, to }) => relative(from, to))).toEqual([])
})

test('there is no cycle of runtime imports', () => {
  expect(cycle(imports)).toBeUndefined()
})

test('no two folders import each other at run time', () => {
  expect(mutual(imports)).toEqual([])
})

/**
 * A command loads what it needs, since each of these takes a tenth of a second or more. Programs of the service first heed SIGHUP.
 */
const LATE = [
  ...['src/main.ts', 'workers/main.ts'],
  ...['main', 'commands', 'program', 'find-service', 'send', 'service', 'output/printer'].map(
    (name) => `src/cli/${name}.ts`,
  ),
  START_COMMAND,
  'src/compose/registry-storage.ts',
  'src/compose/storage-inspector.ts',
  'src/expiry/in-use/read-kubernetes.ts',
  'src/platform/tracing.ts',
]

test('every import is at the head of its file, but what few commands, the programs of the service, a source of images in use, storages in clouds and traces need', () => {
  const late = sources.filter((file) => /\b(import|require)\(/.test(read(file)))
  expect(late.toSorted()).toEqual(LATE.toSorted())
  expect(importsOf(START_COMMAND, read(START_COMMAND)).map(({ to }) => to)).toContain('src/start.ts')
})

test('the pure core, with everything it imports, uses no I/O, clock or randomness', () => {
  const files = withImported(PURE, imports)
  expect(files).toContain('src/platform/glob.ts')
  expect(files.flatMap((file) => impurities(read(file)).map((found) => `${file}: ${found}`))).toEqual([])
})

test('the rules find what they forbid', () => {
  const wrong = (from: string, text: string) => importsOf(from, text).map(upward)
  expect(wrong('src/store/a.ts', `import { b } from '../quota/b.ts'`)).toEqual([
    expect.stringContaining('ground floor'),
  ])
  expect(wrong('src/queue/jobs.ts', `import type { B } from '../alerts/b.ts'`)).toEqual([expect.any(String)])
  expect(wrong('src/quota/a.ts', `import {\n  b,\n} from '../http/b.ts'`)).toEqual([
    expect.stringContaining('above'),
  ])
  expect(wrong('src/http/a.ts', `import { b } from '../../workers/b.ts'`)).toEqual([expect.any(String)])
  expect(
    cycle([...importsOf('src/a.ts', `import './b.ts'`), ...importsOf('src/b.ts', `export * from './a.ts'`)]),
  ).toEqual([...['src/a.ts', 'src/b.ts', 'src/a.ts']])
  expect(wrong('src/http/a.ts', `import { compose } from '../compose.ts'`)).toEqual([expect.any(String)])
  expect(wrong('src/cli/a.ts', `import { start } from '../start.ts'`)).toEqual([expect.any(String)])
  expect(wrong('src/events/a.ts', `import { b } from '../quota/b.ts'`)).toEqual([undefined])

  const both = [
    ...importsOf('src/quota/a.ts', `import { b } from '../usage/b.ts'`),
    ...importsOf('src/usage/c.ts', `import { d } from '../quota/d.ts'`),
  ]
  expect(mutual(both)).toEqual(['quota usage'])
  expect(mutual(both.map((one) => ({ ...one, typeOnly: one.from === 'src/usage/c.ts' })))).toEqual([])
  expect(withImported(['src/quota/a.ts'], both)).toEqual(['src/quota/a.ts', 'src/usage/b.ts'])

  expect(impurities(`import { Redis } from 'ioredis'\nconst now = Date.now()`)).toHaveLength(2)
  expect(impurities(`new Date()\nMath.random()\nimport { a } from 'node:fs/promises'`)).toHaveLength(3)
  expect(impurities(`import 'node:https'\nsetTimeout(f)\nfetch(url)\nperformance.now()`)).toHaveLength(4)
  expect(impurities(`new Date(at)\nimport { createHash } from 'node:crypto'`)).toEqual([])
})
