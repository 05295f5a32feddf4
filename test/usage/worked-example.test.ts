import { readFileSync } from 'node:fs'
import { beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../lab/image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import type { DeletionTarget } from '../../src/usage/deletion.ts'
import type { Fact, Reference } from '../../src/usage/fact.ts'
import { makeUsageIndex, type UsageIndex } from '../../src/usage/usage-index.ts'

/** Computes each row of the tables in the worked example of docs/usage.md, and expects it there. */
const document = readFileSync(new URL('../../docs/usage.md', import.meta.url), 'utf8')

/** Sizes (bytes) of the example's contents, by the names that the document uses. */
const SIZES = {
  base: 1_000,
  'layer a': 100,
  'layer b': 200,
  'layer c': 400,
  'config a': 20,
  'config b': 20,
  'config c': 20,
  'manifest A': 10,
  'manifest B': 10,
  'manifest C': 10,
  'index I': 5,
  upload: 50,
}
type Content = keyof typeof SIZES
const [WEB, ETL] = ['shop/web', 'data/etl']
const PROJECTS = [`ci/${WEB}`, `ci/${ETL}`]

const digest = (content: Content) => digestOf(Buffer.from(content))
const reference = (kind: Reference['kind'], content: Content): Reference => {
  return { kind, digest: digest(content), size: SIZES[content] }
}
const blobs = (...contents: Content[]) => contents.map((content) => reference('blob', content))

let clock = 1_795_449_746_000_000
const at = () => {
  clock += 60_000_000
  return clock
}
const sighting = (repository: string, content: Content, tag: string | undefined) => {
  const mediaType = `application/vnd.oci.image.${content === 'index I' ? 'index' : 'manifest'}.v1+json`
  const size = SIZES[content]
  return { repository, at: at(), digest: digest(content), size, mediaType, ...(tag && { tag }) }
}
const link = (repository: string, content: Content): Fact => {
  return { kind: 'link', repository, at: at(), digest: digest(content), size: SIZES[content] }
}
const push = (
  repository: string,
  content: Content,
  references: Reference[],
  tag: string | undefined,
): Fact => ({
  kind: 'push',
  ...sighting(repository, content, tag),
  references,
  extent: 'all',
})
const pull = (repository: string, content: Content, tag: string | undefined): Fact => {
  return { kind: 'pull', id: `pull of ${content}`, ...sighting(repository, content, tag) }
}

const HISTORY: Fact[] = [
  ...(['base', 'layer a', 'config a'] as const).map((content) => link(WEB, content)),
  push(WEB, 'manifest A', blobs('config a', 'base', 'layer a'), 'main'),
  ...(['layer b', 'config b'] as const).map((content) => link(WEB, content)),
  push(WEB, 'manifest B', blobs('config b', 'base', 'layer b'), 'main'),
  push(WEB, 'index I', [reference('child', 'manifest A'), reference('child', 'manifest B')], 'v1'),
  ...(['base', 'layer c', 'config c'] as const).map((content) => link(ETL, content)),
  push(ETL, 'manifest C', blobs('config c', 'base', 'layer c'), 'latest'),
  link(ETL, 'upload'),
  pull(WEB, 'index I', 'v1'),
  pull(WEB, 'manifest B', undefined),
  { kind: 'scan', repository: ETL, at: at(), id: 'a scan' },
]

const bed = useRedis()
let index: UsageIndex
beforeEach(() => {
  index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
})

async function apply(facts: readonly Fact[]): Promise<void> {
  for (const fact of facts) await index.apply(`ci/${fact.repository}`, [fact])
}

const number = (bytes: number) => bytes.toLocaleString('en')
const row = (...cells: (string | number)[]) =>
  `| ${cells.map((cell) => (typeof cell === 'number' ? number(cell) : cell)).join(' | ')} |`

const BYTE_FIELDS = ['uniqueBytes', 'referencedBytes', 'exclusiveBytes', 'unreferencedBytes'] as const
const COUNT_FIELDS = ['manifests', 'tags', 'repositories', 'unresolved', 'pulls', 'scans'] as const
const FIELDS = [...BYTE_FIELDS, ...COUNT_FIELDS]

/** The rows about both projects, and the line about their registry, as they stand in the document. */
async function usageRows(fields: readonly (typeof FIELDS)[number][]): Promise<string[]> {
  const usages = await Promise.all(PROJECTS.map((project) => index.usage(project)))
  return [
    ...fields.map((field) => row(`\`${field}\``, ...usages.map((usage) => usage?.[field] ?? 'unknown'))),
    `the registry's \`uniqueBytes\` are ${number(await index.registryBytes('ci'))}`,
  ]
}

/** The row about deleting a target, as it stands in the document. */
async function deletionRow(name: string, target: DeletionTarget): Promise<string> {
  const found = await index.reclaimable(`ci/${target.repository}`, target)
  const names = new Map(Object.keys(SIZES).map((content) => [digestOf(Buffer.from(content)), content]))
  const deleted = found?.manifests.map((one) => names.get(one)).sort()
  return row(`${target.repository}: ${name}`, deleted?.join(', ') || 'none', found?.bytes ?? 'unknown')
}

function expectInDocument(section: string, lines: readonly string[]): void {
  const [, rest = ''] = document.split(`### ${section}\n`)
  const [text = ''] = rest.split('\n#')
  expect(lines.filter((line) => !text.includes(line))).toEqual([])
}

test('the document has the size of each content', () => {
  const sizes = Object.entries(SIZES).map(([content, size]) => row(content, size))
  expectInDocument('What is pushed', sizes)
})

test('the document has every number of both projects and of their registry', async () => {
  await apply(HISTORY)
  expectInDocument('What it comes to', await usageRows(FIELDS))
})

test('the numbers are the same if facts come in another order, and twice', async () => {
  await apply([...HISTORY].reverse())
  await apply(HISTORY)
  expectInDocument('What it comes to', await usageRows(FIELDS))
})

test('the document has what each deletion would free', async () => {
  await apply(HISTORY)
  expectInDocument('What deleting would free', [
    await deletionRow('tag main', { repository: WEB, tag: 'main' }),
    await deletionRow('tag v1', { repository: WEB, tag: 'v1' }),
    await deletionRow('manifest A', { repository: WEB, digest: digest('manifest A') }),
    await deletionRow('manifest B', { repository: WEB, digest: digest('manifest B') }),
    await deletionRow('the repository', { repository: WEB }),
    await deletionRow('tag latest', { repository: ETL, tag: 'latest' }),
    await deletionRow('the repository', { repository: ETL }),
  ])
})

test('the document has what stays after a deletion, until garbage is collected', async () => {
  await apply(HISTORY)
  const deletions = (['index I', 'manifest A'] as const).map((content): Fact => {
    return { kind: 'delete', repository: WEB, at: at(), digest: digest(content) }
  })
  await apply(deletions)
  expectInDocument('After a deletion', await usageRows(BYTE_FIELDS))
})
