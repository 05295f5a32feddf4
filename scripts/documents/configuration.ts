import type { JsonSchema } from '../../src/config/written.ts'
import { table } from './table.ts'

const HEAD = [
  '# Configuration',
  'Every key of `tallyman.yaml`. This page is made from the schema that checks the file (`npm run docs`). [tallyman.example.yaml](../tallyman.example.yaml) has the same keys as a file, with examples. `npm run tallyman -- config check tallyman.yaml` names file, line and key of each mistake; an editor can do so while you type ([how](operations.md#the-configuration-in-an-editor)).',
  '',
  '- **Names of sections**: `registries.NAME` is each entry of a map, `quotas[]` each entry of a list.',
  '- **A secret** can be in a file: append `File` to its key (`tokenFile` for `token`). The path is relative to `tallyman.yaml`.',
  '- **A variable** of the environment overrides a value. Its name is `TALLYMAN_` and the path of the key, with `__` between the levels: `TALLYMAN_REGISTRIES__CI__TOKEN_FILE`. `REDIS_URL` is short for `TALLYMAN_REDIS__URL`.',
  '- **A size** is such as `500MB`, `1.5TiB` or `1024`, in bytes; the units are kB MB GB TB PB and KiB MiB GiB TiB PiB. **A duration** is one number and one unit of ms s m h d w: `90s`, `14d`. **A share** is such as `80%` or `0.8`.',
  '- **In globs**, `*` stands for text without a slash, `**` for any text, and `{a,b}` for either.',
  '- **After SIGHUP**, `quotas`, `alerts`, `promotion`, `expiry`, `scanners`, `actors` and `log` are as the file says. All else needs a restart ([operations](operations.md#changing-the-configuration)).',
  '',
]

/** `docs/configuration.md`, made from the JSON Schema of the configuration. */
export function configurationDocument(schema: JsonSchema): string {
  const rows = rowsOf(schema)
  const sections = rows.filter((row) => hasKeys(row.schema))
  const single = rows.filter((row) => !hasKeys(row.schema))
  return [
    ...HEAD,
    ...sections.flatMap((row) => sectionOf(row.key, row.schema, '##')),
    ...['## Keys outside of sections', '', ...keysTable(single), ''],
  ].join('\n')
}

interface Row {
  key: string
  schema: JsonSchema
  isRequired: boolean
  isSecret: boolean
}

/** A heading, what the section is, a table of its keys, and the sections in it. */
function sectionOf(path: string, schema: JsonSchema, level: '##' | '###'): string[] {
  const entry = entryOf(path, schema)
  const forms = formsOf(entry.schema).filter(({ properties }) => properties !== undefined)
  const about = [describe(schema), entry.path === path ? '' : describe(entry.schema)].filter(
    (text) => text !== '',
  )
  const of = entry.path === path ? [] : [`What each \`${entry.path}\` has:`, '']
  return [
    ...[`${level} ${path}`, '', about.join(' '), ''],
    ...(forms.length === 1 ? of : []),
    ...forms.flatMap((form) => [
      ...(forms.length > 1 ? [`### ${entry.path}${nameOf(form)}`, '', describe(form), ''] : []),
      ...keysText(entry.path, form),
    ]),
  ]
}

function keysText(path: string, form: JsonSchema): string[] {
  const rows = flat(rowsOf(form))
  const below = rows.filter((row) => hasOwnTable(row.schema))
  return [
    ...keysTable(rows),
    '',
    ...below.flatMap((row) => sectionOf(`${path}.${row.key}`, row.schema, '###')),
  ]
}

/** How one of several forms of a section is told from the others. */
const nameOf = ({ title, required }: JsonSchema): string =>
  typeof title === 'string' ? `, type ${title}` : ` with ${(required as string[] | undefined)?.join(' and ')}`

/** The keys of a section. `tokenFile` is told with `token`. */
function rowsOf({ properties, required = [] }: JsonSchema): Row[] {
  const keys = Object.entries((properties ?? {}) as Record<string, JsonSchema>)
  const names = keys.map(([key]) => key)
  return keys
    .filter(([key]) => !(key.endsWith('File') && names.includes(key.slice(0, -4))))
    .map(([key, schema]) => ({
      ...{ key, schema, isSecret: names.includes(`${key}File`) },
      isRequired: (required as string[]).includes(key) || schema.$comment !== undefined,
    }))
}

/** The keys of small sections are in the table of their parent, as `project.segments`. */
const flat = (rows: Row[]): Row[] =>
  rows.flatMap((row) => {
    const forms = hasOwnTable(row.schema) ? [] : formsOf(row.schema)
    const below = flat(forms.flatMap(rowsOf)).map((child) => ({
      ...{ ...child, key: `${row.key}.${child.key}` },
      // Of several forms, each has keys of its own.
      isRequired: child.isRequired && forms.length === 1,
    }))
    return [row, ...below]
  })

/** Lists and maps of sections, and sections of several types, have a table of their own. */
function hasOwnTable(schema: JsonSchema): boolean {
  const forms = formsOf(schema)
  if (forms.some(({ title }) => title !== undefined)) return true
  return forms.some((form) => {
    const entry = entryOf('', form)
    return entry.path !== '' && formsOf(entry.schema).some(({ properties }) => properties !== undefined)
  })
}

const hasKeys = (schema: JsonSchema): boolean =>
  hasOwnTable(schema) || formsOf(schema).some(({ properties }) => properties !== undefined)

/** What a list or a map holds, and how its entries are called. Anything else is itself. */
function entryOf(path: string, schema: JsonSchema): { path: string; schema: JsonSchema } {
  const [entry] = Object.values((schema.patternProperties ?? {}) as Record<string, JsonSchema>)
  if (entry !== undefined) return { path: `${path}.NAME`, schema: entry }
  const list = formsOf(schema).find(({ items }) => items !== undefined)
  return list === undefined ? { path, schema } : { path: `${path}[]`, schema: list.items as JsonSchema }
}

/** The forms that a value may have. `null` is that of a section without keys. */
const formsOf = (schema: JsonSchema): JsonSchema[] =>
  Array.isArray(schema.anyOf) && schema.properties === undefined
    ? schema.anyOf.filter(({ type }: JsonSchema) => type !== 'null').flatMap(formsOf)
    : [schema]

const describe = ({ description }: JsonSchema): string => (typeof description === 'string' ? description : '')

const keysTable = (rows: Row[]): string[] =>
  table(
    ['key', 'value', 'default', ''],
    rows.map(({ key, schema, isRequired, isSecret }) => [
      `\`${key}\``,
      isSecret ? 'a secret' : formText(schema),
      isRequired ? 'required' : defaultOf(schema),
      withLinks(describe(schema)),
    ]),
  )

/** `docs/usage.md, Ages` becomes a link. */
const withLinks = (text: string): string =>
  text.replaceAll(/docs\/([\w-]+\.md)(?:, ([\w ]+))?/g, (_, file: string, heading?: string) =>
    heading === undefined
      ? `[${file}](${file})`
      : `[${file}, ${heading}](${file}#${heading.toLowerCase().replaceAll(' ', '-')})`,
  )

const code = (value: unknown): string => `\`${value === '' ? "''" : value}\``

function defaultOf({ default: value }: JsonSchema): string {
  if (value === undefined) return ''
  return Array.isArray(value)
    ? value.map(code).join(', ')
    : code(typeof value === 'object' ? JSON.stringify(value) : value)
}

/** What is said once, at the top of the page, is left out. */
const shorten = (expected: string): string =>
  expected
    .replace(/^expected /, '')
    .replace(/ \(units: .*\)$/, '')
    .replace(/^a percentage such as .*/, 'a share')
    .replace(/(a (?:size|duration)) such as .*/, '$1')

/** What may be written, in words. */
function formText(schema: JsonSchema): string {
  const forms = formsOf(schema)
  if (forms.length > 1) {
    const texts = [...new Set(forms.map(formText))].filter((text) => text !== '')
    const [one, many] = texts
    return texts.length === 2 && many === `a list: ${one}` ? `${one}; or a list` : texts.join(', or ')
  }
  const {
    enum: values,
    const: only,
    type,
    items,
    properties,
    patternErrorMessage,
    examples,
  } = forms[0] ?? schema
  const types = [type].flat()
  if (only !== undefined) return code(only)
  if (Array.isArray(values)) return values.map(code).join(', ')
  if (properties !== undefined) return 'a section'
  if (items !== undefined) return `a list: ${formText(items as JsonSchema) || 'texts'}`
  if (types.includes('object')) return 'a map'
  if (types.includes('boolean')) return '`true`, `false`'
  if (typeof patternErrorMessage === 'string') return shorten(patternErrorMessage)
  if (types.includes('integer') || types.includes('number')) return 'a number'
  const [example] = Array.isArray(examples) ? examples : []
  return example === undefined ? 'a text' : `a text, such as ${code(example)}`
}
