import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

const Text = Type.Optional(Type.String())
/** Bytes, below 1 TiB: the index stores a manifest's size in five, and what is a manifest may be told as a blob. */
const Size = Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 40 - 1 }))

/**
 * A notification's event as distribution 2 and 3 and GitLab's registry send it, down to what Tallyman reads
 * (docs/registries.md, Events). Absent fields are left out by 2.x and sent as `""` or `0` by 3.x.
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
    /** GitLab's: what began with the path `from` now begins with `to`. */
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
  // Apart from the rest, for a body may hold millions of them, and telling what is wrong takes microseconds.
  if (typeof value !== 'object') return { problem: 'event must be object' }
  // Of a list that may also be null the first thing wrong would be that it is not null: the deepest says more.
  const [first] = [...compiled.Errors(value)].sort((a, b) => depthOf(b) - depthOf(a))
  return { problem: `${first?.instancePath || 'event'} ${first?.message ?? 'is not an event'}` }
}

const depthOf = ({ instancePath }: { instancePath: string }): number => instancePath.split('/').length
