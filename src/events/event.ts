import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

const Text = Type.Optional(Type.String())
/** Bytes, below 1 TiB: the index stores a manifest's size in five, and what is a manifest may be told as a blob. */
const Size = Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 40 - 1 }))

/**
 * A notification's event as distribution 2 and 3 and GitLab's registry send it, down to what Tallyman reads
 * (REGISTRY-FACTS, Events). Absent fields are left out by 2.x and sent as `""` or `0` by 3.x.
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
  // The deepest says most: of a list that may be null as well, the first is that it is not null.
  const depth = ({ instancePath }: { instancePath: string }) => instancePath.split('/').length
  const [deepest] = compiled.Errors(value).sort((a, b) => depth(b) - depth(a))
  return { problem: `${deepest?.instancePath || 'event'} ${deepest?.message ?? 'is not an event'}` }
}
