import { readFileSync } from 'node:fs'
import { beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../lab/image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import type { DeletionTarget } from '../../src/usage/deletion.ts'
import type { Fact, Reference } from '../../src/usage/fact.ts'
import { makeUsageIndex, type UsageIndex } from '../../src/usage/usage-index.ts'

/** The worked example of docs/usage.md: each row of its tables is computed here and has to stand there. */
const document = readFileSync(new URL('../../docs/usage.md', import.meta.url), 'utf8')

/** What the example is made of, by the names that the document uses; bytes. */
const SIZES = {
  ...{ base: 1_000, 'layer a': 100, 'layer b': 200, 'layer c': 400 },
  ...{ 'config a': 20, 'config b': 20, 'config c': 20, 'manifest A': 10, 'manifest B': 10, 'manifest C': 10 },
  ...{ 'index I': 5, upload: 50 },
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
const sight = (repository: string, content: Content, tag: string | undefined) => {
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
  ...sight(repository, content, tag),
  ...{ references, extent: 'all' },
})
const pull = (repository: string, content: Content, tag: string | undefined): Fact => {
  return { kind: 'pull', id: `pull of ${content}`, ...sight(repository, content, tag) }
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

const FIELDS = [
  ...(['uniqueBytes', 'referencedBytes', 'exclusiveBytes', 'unreferencedBytes'] as const),
  ...(['manifests', 'tags', 'repositories', 'unresolved', 'pulls', 'scans'] as const),
]

/** The document's rows about both projects, and its line about their registry. */
async function rows(fields: readonly (typeof FIELDS)[number][]): Promise<string[]> {
  const usages = await Promise.all(PROJECTS.map((project) => index.usage(project)))
  return [
    ...fields.map((field) => row(`\`${field}\``, ...usages.map((usage) => usage?.[field] ?? 'unknown'))),
    `the registry's \`uniqueBytes\` are ${number(await index.registryBytes('ci'))}`,
  ]
}

/** The document's row about what would be deleted. */
async function deletion(name: string, target: DeletionTarget): Promise<string> {
  const found = await index.reclaimable(`ci/${target.repository}`, target)
  const named = new Map(Object.keys(SIZES).map((content) => [digestOf(Buffer.from(content)), content]))
  const gone = found?.manifests.map((one) => named.get(one)).sort()
  return row(`${target.repository}: ${name}`, gone?.join(', ') || 'none', found?.bytes ?? 'unknown')
}

function expectInDocument(section: string, lines: readonly string[]): void {
  const [, rest = ''] = document.split(`### ${section}\n`)
  const [text = ''] = rest.split('\n#')
  expect(lines.filter((line) => !text.includes(line))).toEqual([])
}

test('the contents have the sizes that the document says', () => {
  const sizes = Object.entries(SIZES).map(([content, size]) => row(content, size))
  expectInDocument('What is pushed', sizes)
})

test('every number of both projects and of their registry', async () => {
  await apply(HISTORY)
  expectInDocument('What it comes to', await rows(FIELDS))
})

test('the same, whatever order it is heard in and however often', async () => {
  await apply([...HISTORY].reverse())
  await apply(HISTORY)
  expectInDocument('What it comes to', await rows(FIELDS))
})

test('what each deletion would free', async () => {
  await apply(HISTORY)
  expectInDocument('What deleting would free', [
    await deletion('tag main', { repository: WEB, tag: 'main' }),
    await deletion('tag v1', { repository: WEB, tag: 'v1' }),
    await deletion('manifest A', { repository: WEB, digest: digest('manifest A') }),
    await deletion('manifest B', { repository: WEB, digest: digest('manifest B') }),
    await deletion('the repository', { repository: WEB }),
    await deletion('tag latest', { repository: ETL, tag: 'latest' }),
    await deletion('the repository', { repository: ETL }),
  ])
})

test('what stays after a deletion, until garbage is collected', async () => {
  await apply(HISTORY)
  const gone = (['index I', 'manifest A'] as const).map((content): Fact => {
    return { kind: 'delete', repository: WEB, at: at(), digest: digest(content) }
  })
  await apply(gone)
  const fields = ['uniqueBytes', 'referencedBytes', 'exclusiveBytes', 'unreferencedBytes'] as const
  expectInDocument('After a deletion', await rows(fields))
})
