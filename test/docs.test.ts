import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

/** Documents and comments cite files, headings and anchors. Each of these must exist. */
const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
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
