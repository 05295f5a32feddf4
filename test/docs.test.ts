import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { loadCommands } from '../src/cli/commands.ts'
import { makeProgram } from '../src/cli/program.ts'
import { jsonSchemaOfConfig } from '../src/config/json-schema.ts'
import type { JsonSchema } from '../src/config/written.ts'
import { ALERT_KINDS } from '../src/queue/alert-kinds.ts'

/** Documents and comments cite files, headings and anchors. Each of these must exist. */
const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'],
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]
const sources = ['src', 'test', 'lab', 'bench', 'workers', 'demo', 'scripts', 'deploy'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|lua|sh|ya?ml)$/.test(file))
    .map((file) => join(folder, file)),
)
const atRoot = readdirSync(root).filter((file) => /\.ya?ml$|^Dockerfile$/.test(file))
/** All but this file, which has examples of wrong citations. */
const all = [...documents, ...sources, ...atRoot].filter((file) => file !== 'test/docs.test.ts')

const withoutFences = (markdown: string) => markdown.replaceAll(/^```[\s\S]*?^```/gm, '')

const headingsOf = (markdown: string): string[] =>
  [...withoutFences(markdown).matchAll(/^#+ +(.+?) *$/gm)].map(([, heading = '']) => heading)

/** The anchor that GitHub makes of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

/**
 * The citations of a text that lead nowhere: `docs/x.md` that does not exist, or `docs/x.md, Heading` that the document
 * lacks. What follows the comma is a heading if it begins with a capital letter or the citation is in parentheses.
 */
function wrongCitations(text: string, headingsIn: (document: string) => string[] | undefined): string[] {
  // A comment may break a citation into two lines.
  const line = text.replaceAll(/\s*\n\s*(\*|\/\/|--|#)?\s*/g, ' ')
  const wrong: string[] = []
  for (const { index, 0: whole, 1: parenthesis, 2: document = '' } of line.matchAll(CITATION)) {
    const headings = headingsIn(document)
    const [, cited] = /^, (.{0,40})/.exec(line.slice(index + whole.length)) ?? []
    if (headings === undefined) wrong.push(document)
    else if (cited !== undefined && (parenthesis || /^[A-Z]/.test(cited)) && !beginsWithOne(cited, headings))
      wrong.push(`${document}, ${cited}`)
  }
  return wrong
}

const CITATION = /(\()?\b(docs\/[\w-]+\.md)/g

const beginsWithOne = (text: string, headings: string[]): boolean =>
  headings.some((heading) => text.startsWith(heading) && !/^\w/.test(text.slice(heading.length)))

/** The relative links of a document whose target does not exist. */
function brokenLinks(document: string, markdown: string): string[] {
  const targets = [...withoutFences(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? document : join(dirname(document), path)
      if (!existsSync(join(root, file))) return true
      return anchor !== undefined && !headingsOf(read(file)).map(anchorOf).includes(anchor)
    })
}

/** The files that a document names in `code` and that do not exist. */
const missingFiles = (markdown: string): string[] =>
  [...markdown.matchAll(/`((?:src|test|lab|bench|workers|demo|deploy|docs|scripts)\/[\w./-]*)`/g)]
    .map(([, file = '']) => file)
    .filter((file) => !existsSync(join(root, file)))

const onDisk = (document: string) =>
  existsSync(join(root, document)) ? headingsOf(read(document)) : undefined

test('every citation of a document names a heading that it has', () => {
  const wrong = all.flatMap((file) =>
    wrongCitations(read(file), onDisk).map((citation) => `${file}: ${citation}`),
  )
  expect(wrong).toEqual([])
})

test('every relative link in README and docs has a target', () => {
  const broken = documents.flatMap((file) => brokenLinks(file, read(file)).map((link) => `${file}: ${link}`))
  expect(broken).toEqual([])
})

test('every file that README and docs name exists', () => {
  const missing = documents.flatMap((file) => missingFiles(read(file)).map((name) => `${file}: ${name}`))
  expect(missing).toEqual([])
})

/** The program, with all of its commands. */
const program = makeProgram(
  {},
  { out: () => {}, err: () => {} },
  { async *tryConnections() {}, diagnose: async () => [] },
  await loadCommands(['completion']),
)

/** The blocks of shell commands of a document, line by line, without comments. Lines that go on are joined. */
const shellLines = (markdown: string): string[] =>
  [...markdown.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .map((line) =>
        line
          .replace(/(^|\s)#.*/, '')
          .replaceAll(/\s+/g, ' ')
          .trim(),
      )
      .filter((line) => line !== ''),
  )

/** The words after `tallyman`, if a line calls it. */
const callOf = (line: string): string[] | undefined => {
  const [, call] =
    /(?:^|[|&;(]\s*|\$\()(?:[A-Z_]+=\S+ )*(?:npm run tallyman --|npx tallyman|tallyman) (.+)/.exec(line) ?? []
  return call?.split(/\s+/)
}

/** What is wrong with a call: a command that does not exist, or an option that it does not have. */
function wrongCall(words: readonly string[]): string | undefined {
  let command: Command = program
  for (let n = 0; n < words.length; n++) {
    const word = words[n] ?? ''
    if (word === 'help') return
    if (word.startsWith('-')) {
      const [flag = ''] = word.split('=')
      const options = [...lineage(command)].flatMap((one) => one.options)
      const option = options.find(({ short, long }) => [short, long].includes(flag))
      if (option === undefined && !['-', '--', '--help'].includes(flag))
        return `${command.name()} has no ${flag}`
      if (option?.required && word === flag) n += 1
    } else {
      const below = command.commands.find((one) => one.name() === word || one.aliases().includes(word))
      if (below !== undefined) command = below
      else if (command.commands.length > 0 && command.registeredArguments.length === 0)
        return `${command.name()} has no command ${word}`
    }
  }
}

function* lineage(command: Command): Generator<Command> {
  yield command
  if (command.parent) yield* lineage(command.parent)
}

test('every command in a block of shell exists, with its options', () => {
  const calls = documents.flatMap((file) => shellLines(read(file)).flatMap((line) => callOf(line) ?? []))
  expect(calls.length).toBeGreaterThan(100)
  const wrong = documents.flatMap((file) =>
    shellLines(read(file)).flatMap((line) => {
      const words = callOf(line)
      const why = words && wrongCall(words)
      return why === undefined ? [] : [`${file}: ${line}: ${why}`]
    }),
  )
  expect(wrong).toEqual([])
})

test('every npm script in a block of shell exists', () => {
  const { scripts } = JSON.parse(read('package.json'))
  const named = documents.flatMap((file) =>
    shellLines(read(file)).flatMap((line) =>
      [...line.matchAll(/\bnpm (?:run )?(start|test|[a-z]+:?[a-z]*)/g)].map(([, name = '']) => name),
    ),
  )
  const own = new Set(['install', 'pack', 'run', 'ci', 'view'])
  for (const name of named.filter((name) => !own.has(name))) expect(Object.keys(scripts)).toContain(name)
})

const schema = jsonSchemaOfConfig()
const sections = Object.keys(Object(schema.properties))

/** Keys of the configuration in `code`, such as `expiry.trash.keep`, of which the schema has the section and not the key. */
function unknownKeys(markdown: string): string[] {
  const named = [...withoutFences(markdown).matchAll(/`([a-z]\w*(?:\.\w+)+)`/g)].map(([, key = '']) => key)
  return named.filter((key) => {
    // NAME and X stand for the name of an entry.
    const [section = '', ...rest] = key.split('.').filter((part) => !/^[A-Z]+$/.test(part))
    return (
      sections.includes(section) && !NOT_KEYS.has(key) && !hasKey([Object(schema.properties)[section]], rest)
    )
  })
}

/** What looks like a key and is none: kinds of alerts and of audit entries, summaries, and keys of a registry's own file. */
const NOT_KEYS = new Set<string>([
  ...ALERT_KINDS,
  ...['promotion.rolledback', 'expiry.summary', 'promotion.summary', 'proxy.remoteurl'],
])

/** Whether one of some schemas has a value at a path. Entries of lists and maps are skipped, as they are in the documents. */
function hasKey(schemas: JsonSchema[], [key, ...rest]: string[]): boolean {
  if (key === undefined) return schemas.length > 0
  const inner = schemas.flatMap((one) => [...formsOf(one)])
  return inner.some((form) => {
    const { [key]: child } = Object(form.properties)
    return child !== undefined && hasKey([child], rest)
  })
}

/** A schema, its alternatives, and what its lists and maps hold. */
function* formsOf(one: JsonSchema): Generator<JsonSchema> {
  yield one
  const { anyOf = [], items, patternProperties = {} } = one as Record<string, unknown>
  for (const form of [
    ...(anyOf as JsonSchema[]),
    ...(items ? [items] : []),
    ...Object.values(patternProperties as object),
  ])
    yield* formsOf(form as JsonSchema)
}

test('every key of the configuration that a document names exists', () => {
  // docs/configuration.md is made from the schema, and names keys within sections.
  const written = documents.filter((file) => file !== 'docs/configuration.md')
  const unknown = written.flatMap((file) => unknownKeys(read(file)).map((key) => `${file}: ${key}`))
  expect(unknown).toEqual([])
})

test('the checks find wrong commands and keys', () => {
  const check = (line: string) => wrongCall(callOf(line) ?? ['nothing'])
  expect(check('npm run tallyman -- usage ci/team --output json')).toBeUndefined()
  expect(check('TALLYMAN_TOKEN=x tallyman trash restore ci/a@sha256:1')).toBeUndefined()
  expect(check('tallyman usages')).toContain('usages')
  expect(check('tallyman expire POLICY --applied')).toContain('--applied')
  expect(check('tallyman quota shows x')).toContain('shows')
  expect(callOf('cp tallyman.yaml x')).toBeUndefined()
  expect(unknownKeys('`expiry.trash.keep` `server.port` `registries.token` `server.prot` `x.y`')).toEqual([
    'server.prot',
  ])
  expect(shellLines('```sh\na \\\n  b # c\n```\n```yaml\nd\n```')).toEqual(['a b'])
})

test('nothing cites a document that is not part of the project', () => {
  const outside = /\bDESIGN\b|REGISTRY-FACTS|STYLE\.md|TRIALS\.md/
  expect(all.filter((file) => outside.test(read(file)))).toEqual([])
})

test('the checks find wrong citations and links', () => {
  const headings = (document: string) => (document === 'docs/a.md' ? ['Events', 'Registry API'] : undefined)
  const wrong = (text: string) => wrongCitations(text, headings)
  expect(wrong('(docs/a.md, Events). See docs/a.md, Registry API: docs/a.md')).toEqual([])
  expect(wrong(' * as (docs/a.md,\n * Registry API) says')).toEqual([])
  expect(wrong('(docs/a.md, registry API)')).toHaveLength(1)
  expect(wrong('(docs/a.md, Eventsful) as docs/a.md, Nothing says')).toHaveLength(2)
  expect(wrong('computes docs/a.md, and compares')).toEqual([])
  expect(wrong('see docs/b.md')).toEqual(['docs/b.md'])
  expect(brokenLinks('README.md', '[a](docs/none.md) [b](#none) [c](docs/usage.md#none)')).toHaveLength(3)
  expect(brokenLinks('docs/usage.md', '[a](../README.md) [b](#snapshots) [c](https://x/y.md)')).toEqual([])
  expect(missingFiles('`src/none.ts` and `src/config/`')).toEqual(['src/none.ts'])
  expect(headingsOf('# A b\n```sh\n# not one\n```\n## C, d!')).toEqual(['A b', 'C, d!'])
  expect(anchorOf('What it takes, in `Redis`')).toBe('what-it-takes-in-redis')
})

test('no file has the marks of a merge', () => {
  expect(all.filter((file) => /^(<{7}|>{7}) /m.test(read(file)))).toEqual([])
})
