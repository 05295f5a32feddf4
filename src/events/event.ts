import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

const Text = Type.Optional(Type.String())
/** Bytes, below 1 TiB: the index stores a manifest's size in five bytes. An event may report a manifest as a blob. */
const Size = Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 40 - 1 }))

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
    references: Type.Optional(
      Type.Union([
        Type.Null(),
        Type.Array(
          Type.Object({
            mediaType: Text,
            size: Size,
            digest: Type.String(),
            urls: Type.Optional(Type.Union([Type.Null(), Type.Array(Type.String())])),
          }),
        ),
      ]),
    ),
    /** GitLab's: repositories at or below the path `from` are now at or below `to`. */
    rename: Type.Optional(Type.Object({ type: Text, from: Text, to: Text })),
  }),
  request: Type.Optional(Type.Object({ method: Text, useragent: Text })),
  actor: Type.Optional(Type.Object({ name: Text })),
  source: Type.Optional(Type.Object({ instanceID: Text })),
})
export type RegistryEvent = Static<typeof RegistryEvent>

const compiled = Compile(RegistryEvent)

/** The event, or what is wrong with it. */
export function readEvent(value: unknown): RegistryEvent | { problem: string } {
  if (compiled.Check(value)) return value
  // A body may hold millions of these, and `Errors` takes microseconds for each.
  if (typeof value !== 'object') return { problem: 'event must be object' }
  // The deepest error says most. For a field that may be null, the first error is only that it is not null.
  const [first] = [...compiled.Errors(value)].sort((a, b) => depthOf(b) - depthOf(a))
  return { problem: `${first?.instancePath || 'event'} ${first?.message ?? 'is not an event'}` }
}

const depthOf = ({ instancePath }: { instancePath: string }): number => instancePath.split('/').length
