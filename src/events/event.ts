import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

const Text = Type.Optional(Type.String())
/** Bytes, below 1 TiB: the index stores a manifest's size in five bytes. An event may report a manifest as a blob. */
const Size = Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 40 - 1 }))

const Reference = Type.Object({
  mediaType: Text,
  size: Size,
  digest: Type.String(),
  urls: Type.Optional(Type.Union([Type.Null(), Type.Array(Type.String())])),
})

/**
 * The fields that Tallyman reads of an event from distribution 2 or 3 or GitLab's registry (docs/registries.md, Events).
 * 2.x leaves absent fields out; 3.x sends them as `""` or `0`.
 */
const RegistryEvent = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 128 }),
  timestamp: Type.String(),
  action: Type.String(),
  target: Type.Object({
    mediaType: Text,
    size: Size,
    length: Size,
    digest: Text,
    repository: Text,
    tag: Text,
    url: Text,
    references: Type.Optional(Type.Union([Type.Null(), Type.Array(Reference)])),
    /** GitLab's: repositories at or below the path `from` are now at or below `to`. */
    rename: Type.Optional(Type.Object({ type: Text, from: Text, to: Text })),
  }),
  request: Type.Optional(Type.Object({ method: Text, useragent: Text })),
  actor: Type.Optional(Type.Object({ name: Text })),
  source: Type.Optional(Type.Object({ instanceID: Text })),
})
export type RegistryEvent = Static<typeof RegistryEvent>

const compiled = { event: Compile(RegistryEvent), reference: Compile(Reference) }

/** The event, or what is wrong with it. */
export function readEvent(value: unknown): RegistryEvent | { problem: string } {
  if (compiled.event.Check(value)) return value
  // A body may hold thousands of these, and `Errors` takes microseconds for each.
  if (!isObject(value)) return { problem: 'event must be object' }
  return { problem: problemOf(value) }
}

/** The first wrong reference, or else what is wrong beside the references. */
function problemOf(event: Fields): string {
  const references = isObject(event.target) ? event.target.references : undefined
  if (Array.isArray(references)) {
    const n = references.findIndex((one) => !compiled.reference.Check(one))
    if (n !== -1) return problemOfReference(references[n], `/target/references/${n}`)
  }
  return first(compiled.event.Errors(outline(event, RegistryEvent)), '')
}

function problemOfReference(reference: unknown, path: string): string {
  if (isObject(reference) && Array.isArray(reference.urls)) {
    const n = reference.urls.findIndex((one) => typeof one !== 'string')
    if (n !== -1) return `${path}/urls/${n} must be string`
  }
  return first(compiled.reference.Errors(outline(reference, Reference)), path)
}

/** The deepest error says most. For a field that may be null, the first error is only that it is not null. */
function first(errors: { instancePath: string; message: string }[], path: string): string {
  const [deepest] = errors.sort((a, b) => depthOf(b) - depthOf(a))
  const { instancePath = '', message = 'is not an event' } = deepest ?? {}
  return `${path}${instancePath}` === '' ? `event ${message}` : `${path}${instancePath} ${message}`
}

/**
 * A copy with the fields of the schema only, in which each list is empty. `Errors` looks at every item of a list, also
 * after the first error, and takes microseconds for each.
 */
function outline(value: unknown, schema: { properties?: Record<string, object> }): unknown {
  if (Array.isArray(value)) return []
  const { properties } = schema
  if (!isObject(value) || properties === undefined) return value
  const own = Object.keys(properties).filter((key) => Object.hasOwn(value, key))
  return Object.fromEntries(own.map((key) => [key, outline(value[key], properties[key] ?? {})]))
}

type Fields = Record<string, unknown>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const depthOf = ({ instancePath }: { instancePath: string }): number => instancePath.split('/').length
